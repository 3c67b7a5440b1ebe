import { h } from "./dom.js";

/** @param {import("./playground.js").Fields} fields */
export function fieldTable(fields) {
  const rows = Object.entries(fields).map(
    ([name, { type, unit, range, values, optional, description }]) => {
      const [low, high] = range ?? [null, null];
      const allowed = values ? labelText(values) : range ? `${low ?? "…"} to ${high ?? "…"}` : "";
      const kind = optional === true ? `${type}, optional` : type;
      return [name, kind, [allowed, unit].filter(Boolean).join(" "), description ?? ""];
    },
  );
  return table(
    ["Name", "Type", "Values", "Meaning"],
    rows.map(([name = "", ...cells]) => [
      h("th", { scope: "row" }, name),
      ...cells.map((cell) => h("td", { className: "labels" }, cell)),
    ]),
  );
}

/**
 * @typedef {{ name: string, datatype: string, shape: (number | string)[], labels?: string[] }} TensorSpec
 *
 * @param {TensorSpec[]} specs
 */
export function tensorTable(specs) {
  const head = ["Name", "Type", "Shape", "Labels"].slice(
    0,
    specs.some((spec) => spec.labels) ? 4 : 3,
  );
  const rows = specs.map((spec) => [
    h("th", { scope: "row" }, spec.name),
    h("td", {}, spec.datatype),
    h("td", {}, shapeText(spec.shape)),
    ...(head.length === 4 ? [h("td", { className: "labels" }, labelText(spec.labels ?? []))] : []),
  ]);
  return table(head, rows);
}

/**
 * @param {string[]} head
 * @param {HTMLElement[][]} rows
 */
function table(head, rows) {
  return h(
    "div",
    { className: "scroll" },
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, ...head.map((text) => h("th", { scope: "col" }, text)))),
      h("tbody", {}, ...rows.map((cells) => h("tr", {}, ...cells))),
    ),
  );
}

/** @param {(number | string)[]} shape */
function shapeText(shape) {
  if (shape.length === 0) return "one value";
  const free = shape.filter((dimension) => typeof dimension === "string" && dimension !== "?");
  const note = free.length === 0 ? "" : ` (${[...new Set(free)].join(", ")}: any length)`;
  return shape.map((dimension) => (dimension === "?" ? "any" : dimension)).join(" × ") + note;
}

/** @param {string[]} labels */
function labelText(labels) {
  return labels.length <= 20
    ? labels.join(", ")
    : `${labels.slice(0, 20).join(", ")}, … (${labels.length} in all)`;
}
