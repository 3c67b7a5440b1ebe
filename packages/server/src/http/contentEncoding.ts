/** The content encodings of HTTP that bodies may have. Source: RFC 9110, sections 8.4 and 12.5.3. */
import { promisify } from "node:util";
import { constants, createGunzip, createInflate, deflate, gzip } from "node:zlib";
import { fail } from "@longshore/core";

/** `deflate` is the zlib format of RFC 1950, as RFC 9110 has it. */
export type Encoding = "gzip" | "deflate";

/** What is taken, for messages. */
export const ENCODINGS = "gzip, deflate, or the body uncompressed";

/** What zlib gives at a time: a hand-over to its thread each. */
const CHUNK_BYTES = 65_536;

/** The encoding of a header `content-encoding`; undefined for one that is not taken. */
export function toEncoding(header: string): Encoding | undefined {
  const name = header.trim().toLowerCase();
  return name === "gzip" || name === "deflate" ? name : undefined;
}

/**
 * Decompresses a body off the I/O thread.
 *
 * @param limit bytes that may come out. What would become longer is refused as soon as it is.
 * @param onBytes told of all bytes as they come out, before they are kept; what it throws ends it.
 * @throws LongshoreError BODY_TOO_LARGE; NOT_ACCEPTED for what is not, or not only, one whole stream
 *   of the encoding.
 */
export function decompress(
  body: Uint8Array,
  encoding: Encoding,
  limit: number,
  onBytes: (bytes: number) => void = () => undefined,
): Promise<Uint8Array> {
  const options = { chunkSize: CHUNK_BYTES };
  const stream = encoding === "gzip" ? createGunzip(options) : createInflate(options);
  const chunks: Buffer[] = [];
  let length = 0;
  const broken = (problem: string): Error =>
    fail("NOT_ACCEPTED", { problem: `the body is not valid ${encoding}: ${problem}` });
  return new Promise((resolve, reject) => {
    const give = (error: unknown): void => {
      stream.destroy();
      reject(error as Error);
    };
    stream.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length > limit) return give(fail("BODY_TOO_LARGE", { limit }));
      try {
        onBytes(chunk.length);
      } catch (error) {
        return give(error);
      }
      chunks.push(chunk);
    });
    stream.on("error", (error) => give(broken(error.message)));
    stream.on("end", () => {
      const rest = body.length - stream.bytesWritten;
      if (rest > 0) give(broken(`${rest} bytes follow its end`));
      else resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length));
    });
    stream.end(body);
  });
}

const COMPRESS = { gzip: promisify(gzip), deflate: promisify(deflate) };

/** Compresses a body off the I/O thread, for speed rather than size. */
export function compress(body: string | Uint8Array, encoding: Encoding): Promise<Uint8Array> {
  const options = { level: constants.Z_BEST_SPEED, chunkSize: CHUNK_BYTES };
  return COMPRESS[encoding](body, options);
}

/** What a header `accept-encoding` says. */
export interface AcceptedEncoding {
  /** The one that the caller likes best; undefined where that is no encoding at all. */
  readonly encoding: Encoding | undefined;
  /**
   * Whether the caller names no other. Libraries list whatever they can read, unasked; who names
   * one alone wants it.
   */
  readonly alone: boolean;
}

/** Reads a header `accept-encoding`; of two encodings that are liked alike, gzip is taken. */
export function readAcceptEncoding(header: string): AcceptedEncoding {
  const weights = new Map<string, number>();
  for (const item of header.toLowerCase().split(",")) {
    const [name = "", ...parameters] = item.split(";").map((part) => part.trim());
    const weight = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2);
    if (name !== "") weights.set(name, weight === undefined ? 1 : Number(weight) || 0);
  }
  const weightOf = (name: string): number => weights.get(name) ?? weights.get("*") ?? 0;
  const [gzipped, deflated] = [weightOf("gzip"), weightOf("deflate")];
  const best = Math.max(gzipped, deflated);
  // A caller that does not weigh sending it as it is takes that too, but likes it less.
  const plain = weights.get("identity") ?? 0;
  if (best === 0 || plain > best) return { encoding: undefined, alone: false };
  weights.delete("identity");
  return { encoding: gzipped === best ? "gzip" : "deflate", alone: weights.size === 1 };
}
