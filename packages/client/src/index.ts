/**
 * A client of Longshore over `fetch`: for Node, Deno, Bun and browsers.
 *
 * ```ts
 * import { createClient } from "@longshore/client";
 * import type { Models } from "./models.ts"; // written by `longshore types`
 *
 * const client = createClient<Models>({ url: "http://127.0.0.1:8000" });
 * const { outputs } = await client.predict("diabetes", { age: 59, sex: "female", … });
 * ```
 */
export { createClient, type Client, type ClientOptions } from "./client.ts";
export { ClientError } from "./clientError.ts";
export type { CallOptions } from "./call.ts";
export type { AnyModels, Answer, Flag, ModelTypes, OneOrMany } from "./models.ts";
export type { TensorIn, TensorOut } from "./tensors.ts";
