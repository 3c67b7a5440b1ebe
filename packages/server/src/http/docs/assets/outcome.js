import { h } from "./dom.js";

/** Places of a list of scores that are shown; the rest is in the JSON. */
const SHOWN = 10;

/**
 * An answer in words and bars, above its JSON: what was found, what was flagged, where the time went.
 *
 * @param {string} text a body of `/predict`
 * @param {Headers} headers
 * @returns {HTMLElement[]}
 */
export function outcome(text, headers) {
  /** @type {any} */
  let body;
  try {
    body = JSON.parse(text);
  } catch {
    return [];
  }
  const outputs = [body?.outputs].flat()[0];
  if (typeof outputs !== "object" || outputs === null) return [];
  return [
    h(
      "dl",
      { className: "outcome" },
      ...Object.entries(outputs).flatMap(([name, value]) => [
        h("dt", {}, name),
        h("dd", {}, valueOf(value)),
      ]),
    ),
    ...flagList(body.flags ?? []),
    ...phases(headers.get("server-timing") ?? ""),
  ];
}

/** @param {unknown} value */
function valueOf(value) {
  if (value === null) return h("em", {}, "nothing");
  if (typeof value !== "object") return h("strong", {}, plain(value));
  const scores = toScores(value);
  if (scores !== undefined) return bars(scores);
  return h("code", {}, shorten(JSON.stringify(value)));
}

/** @param {unknown} value */
function plain(value) {
  return typeof value === "number" ? String(Number(value.toPrecision(6))) : String(value);
}

/** @param {string} text */
function shorten(text) {
  return text.length > 400 ? `${text.slice(0, 400)}…` : text;
}

/**
 * Scores by label: an object of them, or a list of `{ label, score }`.
 *
 * @param {object} value
 * @returns {[string, number][] | undefined}
 */
function toScores(value) {
  const pairs = Array.isArray(value)
    ? value.map((item) => [String(item?.label), item?.score])
    : Object.entries(value);
  const valid = pairs.length > 0 && pairs.every(([, score]) => typeof score === "number");
  return valid ? /** @type {[string, number][]} */ (pairs) : undefined;
}

/** @param {[string, number][]} scores */
function bars(scores) {
  const isShare = scores.every(([, score]) => score >= 0 && score <= 1);
  const sorted = scores.toSorted(([, a], [, b]) => b - a).slice(0, SHOWN);
  return h(
    "div",
    { className: "bars" },
    ...sorted.flatMap(([label, score]) => [
      h("span", {}, label),
      h("meter", { value: score, max: Math.max(1, sorted[0]?.[1] ?? 1), "aria-label": label }),
      h("span", {}, isShare ? `${(score * 100).toFixed(2)} %` : score.toPrecision(3)),
    ]),
  );
}

/** @param {{ field?: string, rule: string, message: string }[]} flags */
function flagList(flags) {
  if (flags.length === 0) return [];
  const items = flags.map(({ message }) => h("li", {}, message));
  return [h("ul", { className: "flags" }, ...items)];
}

/**
 * `Server-Timing: before;dur=0.4, queue;dur=0.1` as a line.
 *
 * @param {string} header
 */
function phases(header) {
  const parts = [...header.matchAll(/([\w-]+);dur=([\d.]+)/g)];
  if (parts.length === 0) return [];
  const text = parts.map(([, name, ms]) => `${name} ${Number(ms).toFixed(2)} ms`).join(" · ");
  return [h("p", { className: "phases" }, `In the server: ${text}`)];
}
