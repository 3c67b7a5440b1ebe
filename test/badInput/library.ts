/** The server inside the test's own process, where limits that have no option can be set. */
import type { AddressInfo } from "node:net";
import { createServer, type ServerOptions } from "longshore";

/** A listening server; disposing it closes it. */
export interface LibraryServer extends AsyncDisposable {
  readonly url: string;
  /** Connections that are open. */
  connections(): Promise<number>;
}

export async function listen(options: ServerOptions): Promise<LibraryServer> {
  const app = await createServer({ ...options, logLevel: "silent" });
  await app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = app.server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    connections: () =>
      new Promise((resolve, reject) => {
        app.server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
      }),
    [Symbol.asyncDispose]: async () => {
      await app.close();
    },
  };
}
