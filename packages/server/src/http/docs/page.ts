import { readFile } from "node:fs/promises";

/** A file of the page, ready to be sent. */
export interface Asset {
  readonly body: Buffer;
  readonly type: string;
}

/** Everything the page consists of; nothing else is ever fetched. */
export const ASSETS = [
  "index.html",
  "docs.css",
  "docs.js",
  "model.js",
  "routes.js",
  "tables.js",
  "call.js",
  "snippets.js",
  "fileSnippets.js",
  "shell.js",
  "playground.js",
  "fields.js",
  "imageField.js",
  "outcome.js",
  "json.js",
  "schema.js",
  "dom.js",
  "icon.svg",
] as const;

/**
 * Headers of the page and its assets. The policy lets the page talk to its own server only, with
 * no inline script or style, so that a model's description can do no harm.
 */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-cache",
};

/** Reads one of the page's files, which lie beside this module in `assets/`. */
export async function readAsset(name: (typeof ASSETS)[number]): Promise<Asset> {
  const body = await readFile(new URL(import.meta.resolve(`#docs/${name}`)));
  return { body, type: TYPES[name.slice(name.lastIndexOf("."))] ?? "application/octet-stream" };
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};
