import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";

/**
 * Listens for HTTP.
 *
 * @param option that chose the port, for the message where it cannot be had.
 * @returns the port: another one than was asked for where that was 0.
 * @throws Error that says what to do.
 */
export async function listenForHttp(
  app: FastifyInstance,
  { host, port }: { readonly host: string; readonly port: number },
  option = "--port",
): Promise<number> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const problem = PROBLEMS[code ?? ""]?.({ host, port, option }) ?? message;
    throw new Error(problem, { cause: error });
  }
  return (app.server.address() as AddressInfo).port;
}

interface Wanted {
  readonly host: string;
  readonly port: number;
  readonly option: string;
}

const noSuchAddress = ({ host }: Wanted): string =>
  `this machine has no address "${host}"; choose another with --host, such as 0.0.0.0 for all`;

/** What is wrong, and what to do, by the code of the system's error. */
const PROBLEMS: Readonly<Record<string, (wanted: Wanted) => string>> = {
  EADDRINUSE: ({ host, port, option }) =>
    `port ${port} on ${host} is in use; choose another with ${option}, or 0 for a free one`,
  EACCES: ({ port, option }) =>
    `port ${port} needs more rights than this process has; choose one from 1024 on with ${option}`,
  ENOTFOUND: noSuchAddress,
  EADDRNOTAVAIL: noSuchAddress,
};
