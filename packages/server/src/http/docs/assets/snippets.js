import { fileSnippets, formSnippets } from "./fileSnippets.js";
import { formatJson, tokens } from "./json.js";
import { shellQuote } from "./shell.js";

/**
 * A call. `body` is JSON; with `zeros`, that many zero bytes follow it as the data of binary
 * tensors (binary tensor extension of the Open Inference Protocol). Instead of it, `file` is a body
 * of its own, and `form` a multipart one.
 *
 * @typedef {{ method: string, url: string, body?: string | undefined, zeros?: number, file?: Blob,
 *   form?: { name: string, value: string | Blob }[] }} Call
 */

/**
 * One call in three languages, ready to be pasted.
 *
 * @param {Call} call
 * @returns {{ language: string, code: string }[]}
 */
export function snippets(call) {
  if (call.file !== undefined) return fileSnippets(call.url, call.file);
  if (call.form !== undefined) return formSnippets(call.url, call.form);
  return [
    { language: "curl", code: toCurl(call) },
    { language: "TypeScript", code: toTypeScript(call) },
    { language: "Python", code: toPython(call) },
  ];
}

/**
 * The headers that a call needs.
 *
 * @param {Call} call
 * @returns {Record<string, string>}
 */
export function headersOf({ body, zeros = 0, file }) {
  if (file !== undefined) return { "content-type": file.type };
  if (body === undefined) return {};
  if (zeros === 0) return { "content-type": JSON_TYPE };
  const length = new TextEncoder().encode(body).length;
  return { "content-type": BINARY_TYPE, [HEADER_LENGTH]: String(length) };
}

const JSON_TYPE = "application/json";
const BINARY_TYPE = "application/octet-stream";
const HEADER_LENGTH = "inference-header-content-length";

/** Said where the example's zero bytes are to be replaced. */
const TENSORS = "the tensors' bytes, one after the other";

/** @param {Call} call */
function toCurl({ method, url, body, zeros = 0 }) {
  const address = shellQuote(url);
  if (body === undefined)
    return method === "GET" ? `curl ${address}` : `curl -X ${method} ${address}`;
  const compact = tokens(body).join("");
  const headers = Object.entries(headersOf({ method, url, body: compact, zeros }));
  const lines = [`curl ${address}`, ...headers.map(([name, value]) => `-H '${name}: ${value}'`)];
  if (zeros === 0) return [...lines, `-d ${shellQuote(compact)}`].join(" \\\n  ");
  const source = `{ printf %s ${shellQuote(compact)}; head -c ${zeros} /dev/zero; }`;
  return `${source} |\n${[...lines, "--data-binary @-"].join(" \\\n  ")}`;
}

/** @param {Call} call */
function toTypeScript(call) {
  const { before, options } = scriptParts(call);
  const second = options.length === 0 ? "" : `, {\n  ${options.join(",\n  ")},\n}`;
  return (
    `${before}const response = await fetch(${JSON.stringify(call.url)}${second});\n` +
    "if (!response.ok) throw new Error(await response.text());\n" +
    "console.log(await response.text());\n"
  );
}

/** @param {Call} call */
function scriptParts({ method, body, zeros = 0 }) {
  if (body === undefined)
    return { before: "", options: method === "GET" ? [] : [`method: "${method}"`] };
  const json = scriptBody(body);
  if (zeros === 0) {
    const headers = `headers: { "content-type": "${JSON_TYPE}" }`;
    return { before: `const body = ${json};\n`, options: [`method: "${method}"`, headers, "body"] };
  }
  return {
    before:
      `const json = new TextEncoder().encode(${json});\n` +
      `const tensors = new Uint8Array(${zeros}); // ${TENSORS}\n`,
    options: [
      `method: "${method}"`,
      `headers: {\n    "content-type": "${BINARY_TYPE}",\n    "${HEADER_LENGTH}": String(json.length),\n  }`,
      "body: new Blob([json, tensors])",
    ],
  };
}

/**
 * JSON is an expression of JavaScript, save that integers beyond 2^53 would be rounded there:
 * those travel as text.
 *
 * @param {string} body
 */
function scriptBody(body) {
  const isExact = tokens(body).every((token) => !/^-?\d{16,}$/.test(token));
  return isExact ? `JSON.stringify(${formatJson(body)})` : JSON.stringify(tokens(body).join(""));
}

/** @param {Call} call */
function toPython(call) {
  const { before, options } = pythonParts(call);
  return (
    `${call.body === undefined ? "" : "import json\n"}import urllib.request\n\n${before}` +
    `request = urllib.request.Request(\n    ${[JSON.stringify(call.url), ...options].join(",\n    ")},\n)\n` +
    "with urllib.request.urlopen(request) as response:\n" +
    "    print(response.read().decode())\n"
  );
}

/** @param {Call} call */
function pythonParts({ method, body, zeros = 0 }) {
  if (body === undefined)
    return { before: "", options: method === "GET" ? [] : [`method="${method}"`] };
  const json = `json.dumps(${pythonLiteral(formatJson(body))}).encode()`;
  if (zeros === 0) {
    return {
      before: `body = ${json}\n`,
      options: ["data=body", `headers={"content-type": "${JSON_TYPE}"}`],
    };
  }
  return {
    before: `header = ${json}\ntensors = bytes(${zeros})  # ${TENSORS}\n`,
    options: [
      "data=header + tensors",
      `headers={\n        "content-type": "${BINARY_TYPE}",\n        "${HEADER_LENGTH}": str(len(header)),\n    }`,
    ],
  };
}

/** @param {string} json */
function pythonLiteral(json) {
  return json.replace(/"(?:[^"\\]|\\.)*"|\b(?:true|false|null)\b/g, (token) => {
    // Python knows no `\/`, and reads the two halves of an escaped emoji as two characters.
    if (token.startsWith('"')) return JSON.stringify(JSON.parse(token));
    return token === "true" ? "True" : token === "false" ? "False" : "None";
  });
}
