import { caller, codeOf, toUrl } from "./call.js";
import { h } from "./dom.js";
import { control } from "./fields.js";
import { outcome } from "./outcome.js";

/**
 * A model in its user's terms: a form of its fields, its answer, and the same call as code.
 *
 * @typedef {Record<string, import("./fields.js").Field>} Fields
 *
 * @param {string} path of the plain route, as in the document
 * @param {Fields} fields
 * @param {unknown} example a body that works
 * @returns {HTMLElement}
 */
export function playground(path, fields, example) {
  const names = Object.keys(fields);
  const code = codeOf();
  const update = () => code.show(request());
  const controls = names.map((name, index) => {
    const field = /** @type {import("./fields.js").Field} */ (fields[name]);
    return control(`field-${index}`, field, update);
  });
  fill(names, fields, controls, example);
  const request = () => {
    const values = controls.map((each) => each.read());
    return toCall(toUrl(path), names, values);
  };
  const { button, answer } = caller(request, outcome);
  update();
  return h(
    "form",
    {
      className: "playground",
      onsubmit: (/** @type {Event} */ event) => {
        event.preventDefault();
        button.click();
      },
    },
    h(
      "div",
      { className: "fields" },
      ...names.map((name, index) => row(name, fields, controls, index)),
    ),
    h("p", {}, button, h("span", { className: "hint" }, "or Enter")),
    answer,
    h("h4", {}, "The same call as code"),
    code.element,
  );
}

/**
 * @param {string} name
 * @param {Fields} fields
 * @param {import("./fields.js").Control[]} controls
 * @param {number} index
 */
function row(name, fields, controls, index) {
  const { unit, description, optional } = fields[name] ?? {};
  const notes = [unit, optional === true ? "optional" : undefined].filter(
    (note) => note !== undefined,
  );
  return h(
    "div",
    { className: "field" },
    h(
      "label",
      { htmlFor: `field-${index}`, title: description ?? "" },
      name,
      notes.length > 0 ? h("small", {}, ` ${notes.join(", ")}`) : "",
    ),
    /** @type {import("./fields.js").Control} */ (controls[index]).element,
  );
}

/**
 * Puts the example into the form: the first row of it, where it has several.
 *
 * @param {string[]} names
 * @param {Fields} fields
 * @param {import("./fields.js").Control[]} controls
 * @param {any} example
 */
function fill(names, fields, controls, example) {
  const given = [example?.inputs].flat()[0];
  names.forEach((name, index) => {
    const whole = names.length === 1 && (typeof given !== "object" || given === null);
    const value = (whole ? given : given?.[name]) ?? fields[name]?.example ?? fields[name]?.default;
    if (value !== undefined) controls[index]?.set(value);
  });
}

/**
 * The call that a form means: a file alone is the body; with other fields, a form; else JSON.
 *
 * @param {string} url
 * @param {string[]} names
 * @param {unknown[]} values
 * @returns {import("./snippets.js").Call}
 */
function toCall(url, names, values) {
  const given = names.flatMap((name, index) =>
    values[index] === undefined ? [] : [{ name, value: values[index] }],
  );
  const files = given.filter(({ value }) => value instanceof Blob);
  if (files.length === 0) {
    const inputs = Object.fromEntries(given.map(({ name, value }) => [name, value]));
    return { method: "POST", url, body: JSON.stringify({ inputs }) };
  }
  if (names.length === 1)
    return { method: "POST", url, file: /** @type {Blob} */ (files[0]?.value) };
  return {
    method: "POST",
    url,
    form: given.map(({ name, value }) => ({
      name,
      value: value instanceof Blob || typeof value === "string" ? value : JSON.stringify(value),
    })),
  };
}
