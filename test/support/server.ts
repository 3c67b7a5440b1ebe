/** The real server, as `longshore serve` starts it, for tests that cross its socket. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../packages/server/src/cli/main.ts", import.meta.url));
/** Only ends a test whose server neither starts nor stops. */
const HANG_MS = 60_000;

/** How the server ended. */
export interface ServerEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A running server; disposing it sends SIGTERM and waits until it ended. */
export interface TestServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Host and port for gRPC; undefined where it was switched off. */
  readonly grpc: string | undefined;
  /** Process id of the supervisor, which signals go to. */
  readonly pid: number;
  /** Everything printed so far, standard output and standard error together. */
  log(): string;
  readonly exited: Promise<ServerEnd>;
}

/**
 * Starts `longshore serve` on a free port and waits until its models answer.
 *
 * @param args options of the command, such as `["--log-level", "error"]`.
 * @throws Error with what the server printed, when it ends before it serves.
 */
export async function startServer(
  paths: readonly string[],
  args: readonly string[] = [],
): Promise<TestServer> {
  // The default port is for one server of a machine, and tests run many.
  const grpc = args.some((arg) => arg.endsWith("grpc")) ? [] : ["--grpc-port", "0"];
  const child = spawn(
    process.execPath,
    ["--conditions=longshore-source", MAIN, "serve", ...paths, "--port", "0", ...grpc, ...args],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  let printed = "";
  const announced = Promise.withResolvers<string>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
      const url = /^Serving on (\S+)$/m.exec(printed)?.[1];
      // The whole announcement: what is read from it comes after its first line.
      if (url !== undefined && /^ {2}gRPC /m.test(printed)) announced.resolve(url);
    });
  }
  const exited = new Promise<ServerEnd>((resolve) => {
    child.once("exit", (code, signal) => {
      resolve({ code, signal });
      announced.reject(new Error(`the server ended before it served:\n${printed}`));
    });
  });
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    const guard = setTimeout(() => child.kill("SIGKILL"), HANG_MS);
    await exited;
    clearTimeout(guard);
  };
  const guard = setTimeout(
    () => announced.reject(new Error(`the server does not start:\n${printed}`)),
    HANG_MS,
  );
  let url: string;
  try {
    url = await announced.promise;
  } catch (error) {
    await stop();
    throw error;
  } finally {
    clearTimeout(guard);
  }
  return {
    url,
    port: Number(new URL(url).port),
    grpc: /^ {2}gRPC +(\S+:\d+)$/m.exec(printed)?.[1],
    pid: child.pid!,
    log: () => printed,
    exited,
    [Symbol.asyncDispose]: stop,
  };
}
