import { readFileSync } from "node:fs";

const manifest: unknown = JSON.parse(
  readFileSync(new URL(import.meta.resolve("#package")), "utf8"),
);

/** Version of this package. */
export const version: string = (manifest as { version: string }).version;
