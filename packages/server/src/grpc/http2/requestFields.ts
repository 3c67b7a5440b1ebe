import type { IncomingHttpHeaders } from "node:http2";
import type { Field } from "./fields.ts";

/** Sum of the fields' sizes that a request may have, counted as in RFC 9113, section 10.5.1. */
export const MAX_FIELDS_SIZE = 65_536;

/** Gathers the fields of one block, and finds what makes a request malformed. */
export class RequestFields {
  readonly headers: IncomingHttpHeaders = Object.create(null) as IncomingHttpHeaders;
  #isMalformed = false;
  #seenPlain = false;
  #size = 0;

  /** Whether there were more than are taken. They are not kept. */
  get isTooLarge(): boolean {
    return this.#size > MAX_FIELDS_SIZE;
  }

  /** Whether this is a request that can be answered. Source: RFC 9113, section 8.3. */
  get isRequest(): boolean {
    const { headers } = this;
    return (
      !this.#isMalformed &&
      headers[":method"] !== undefined &&
      headers[":scheme"] !== undefined &&
      !!headers[":path"]
    );
  }

  add({ name, value, size, isValid }: Field): void {
    this.#size += size;
    if (this.#size > MAX_FIELDS_SIZE) return;
    const before = this.headers[name];
    if (!name.startsWith(":")) this.#seenPlain = true;
    else if (this.#seenPlain || before !== undefined) this.#isMalformed = true;
    if (!isValid) this.#isMalformed = true;
    this.headers[name] = before === undefined ? value : `${before as string}, ${value}`;
  }
}
