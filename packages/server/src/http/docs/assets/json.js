/**
 * JSON as text, without parsing numbers: 64-bit integers keep every digit.
 */

const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** Columns that a list of plain values is wrapped at. */
const WIDTH = 80;

/**
 * The tokens of a text that is known to be JSON.
 *
 * @param {string} text
 * @returns {string[]}
 */
export function tokens(text) {
  return text.match(TOKENS) ?? [];
}

/**
 * Indents JSON. Arrays and objects stay on one line where they fit, and long lists of plain
 * values are wrapped instead of taking a line for each.
 *
 * @param {string} text known to be JSON
 */
export function formatJson(text) {
  const all = tokens(text);
  let next = 0;
  return print(readValue(), "");

  /** @returns {Tree} */
  function readValue() {
    const token = all[next++] ?? "";
    if (token !== "[" && token !== "{") return token;
    const close = token === "[" ? "]" : "}";
    /** @type {Item[]} */
    const items = [];
    while (next < all.length && all[next] !== close) {
      if (all[next] === ",") next++;
      const key = token === "{" ? `${all[next]}: ` : "";
      if (key) next += 2;
      items.push({ key, value: readValue() });
    }
    next++;
    return { open: token, close, items };
  }
}

/**
 * @typedef {{ key: string, value: Tree }} Item
 * @typedef {string | { open: string, close: string, items: Item[] }} Tree
 */

/**
 * @param {Tree} tree
 * @param {string} indent
 * @returns {string}
 */
function print(tree, indent) {
  if (typeof tree === "string") return tree;
  const { open, close, items } = tree;
  const inner = `${indent}  `;
  const parts = items.map(({ key, value }) => key + print(value, inner));
  const line =
    open === "[" ? `[${parts.join(", ")}]` : parts.length === 0 ? "{}" : `{ ${parts.join(", ")} }`;
  if (indent.length + line.length <= WIDTH && !line.includes("\n")) return line;
  const plain = open === "[" && items.every(({ value }) => typeof value === "string");
  const lines = plain ? wrap(parts, WIDTH - inner.length) : parts;
  return `${open}\n${inner}${lines.join(`,\n${inner}`)}\n${indent}${close}`;
}

/**
 * @param {readonly string[]} parts
 * @param {number} width
 */
function wrap(parts, width) {
  /** @type {string[]} */
  const lines = [];
  for (const part of parts) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + part.length + 3 <= width)
      lines[lines.length - 1] = `${last}, ${part}`;
    else lines.push(part);
  }
  return lines;
}
