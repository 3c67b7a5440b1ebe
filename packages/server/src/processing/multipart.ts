import { Busboy, type BusboyInstance } from "@fastify/busboy";
import { fail, type LongshoreError } from "@longshore/core";
import type { RecordPart } from "@longshore/core/records";

/** A form may have so many parts; the limit of rows comes long before. */
const MAX_PARTS = 100_000;

/**
 * Reads a form (RFC 7578): texts, and files as their bytes.
 *
 * @param contentType with the boundary.
 * @throws LongshoreError DATA_INVALID
 */
export function readMultipart(body: Uint8Array, contentType: string): Promise<RecordPart[]> {
  const { promise, resolve, reject } = Promise.withResolvers<RecordPart[]>();
  const size = body.length + 1;
  const parts: RecordPart[] = [];
  let parser: BusboyInstance;
  try {
    parser = new Busboy({
      headers: { "content-type": contentType },
      // The body's own limit is the only one: nothing may be cut off silently.
      limits: { fieldNameSize: size, fieldSize: size, fileSize: size, parts: MAX_PARTS },
    });
  } catch (error) {
    return Promise.reject(invalid((error as Error).message));
  }
  parser.on("field", (name, value) => parts.push({ name, value }));
  parser.on("file", (name, stream) => {
    const chunks: Buffer[] = [];
    // Its place among the parts is that of its beginning.
    const index = parts.push({ name, value: "" }) - 1;
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => (parts[index] = { name, value: Buffer.concat(chunks) }));
    stream.on("error", (error: Error) => reject(invalid(error.message)));
  });
  parser.on("partsLimit", () => reject(invalid(`there are more than ${MAX_PARTS} parts`)));
  parser.on("error", (error: unknown) => reject(invalid((error as Error).message)));
  parser.on("finish", () => resolve(parts));
  parser.end(body);
  return promise;
}

function invalid(problem: string): LongshoreError {
  return fail("DATA_INVALID", { file: "the form", problem });
}
