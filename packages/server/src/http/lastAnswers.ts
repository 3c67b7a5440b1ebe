import { ServerResponse, type IncomingMessage } from "node:http";

/**
 * Makes every answer of Node's server the last of its connection from when the server stops, whoever
 * writes it, and whenever its request came.
 *
 * Source: RFC 9112, section 9.6.
 */
export function lastAnswersWhen(isStopping: () => boolean): typeof ServerResponse {
  return class<Request extends IncomingMessage> extends ServerResponse<Request> {
    override writeHead(...head: unknown[]): this {
      if (isStopping()) this.setHeader("connection", "close");
      return super.writeHead(...(head as [number]));
    }
  };
}
