import { toServerMetadata } from "@longshore/core";
import type { ServerContext } from "../../http/app.ts";
import { SERVER } from "../../http/describe.ts";
import { EXTENSIONS } from "../../http/v2/health.ts";
import { EMPTY, LIVE, READY, SERVER_METADATA } from "../messages/service.ts";
import { unary, type Method } from "../transport/method.ts";
import { SERVICE } from "./names.ts";

/** Whether the server lives and is ready, and what it is. */
export function serverMethods({ isReady, name = SERVER.name }: ServerContext): Method[] {
  const quiet = { quiet: true };
  return [
    unary(`${SERVICE}/ServerLive`, EMPTY, LIVE, () => ({ live: true }), quiet),
    unary(`${SERVICE}/ServerReady`, EMPTY, READY, () => ({ ready: isReady() }), quiet),
    unary(`${SERVICE}/ServerMetadata`, EMPTY, SERVER_METADATA, () => {
      const metadata = toServerMetadata(name, SERVER.version, EXTENSIONS);
      return { ...metadata, extensions: [...metadata.extensions] };
    }),
  ];
}
