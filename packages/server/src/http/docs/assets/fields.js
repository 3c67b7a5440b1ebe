import { imageField } from "./imageField.js";
import { h } from "./dom.js";

/**
 * A field of a model's input in the user's terms, as its bundle describes it.
 *
 * @typedef {{ type: "number" | "boolean" | "category" | "text" | "date" | "image" | "audio" | "series" | "tensor",
 *   description?: string, unit?: string, optional?: boolean, range?: [number | null, number | null],
 *   integer?: boolean, values?: string[], maxLength?: number, example?: unknown, default?: unknown,
 *   datatype?: string, shape?: number[] }} Field
 *
 * What a control holds: `undefined` where nothing was given, a Blob for a file.
 *
 * @typedef {{ element: HTMLElement, read: () => unknown, set: (value: unknown) => void }} Control
 */

/**
 * The control of a field. `changed` is called whenever its value is another.
 *
 * @param {string} id
 * @param {Field} field
 * @param {() => void} changed
 * @returns {Control}
 */
export function control(id, field, changed) {
  switch (field.type) {
    case "number":
      return numberControl(id, field, changed);
    case "boolean":
      return choiceControl(id, ["true", "false"], field, changed, (text) => text === "true");
    case "category":
      return field.values === undefined
        ? textControl(id, h("input", { id, type: "text" }), changed)
        : choiceControl(id, field.values, field, changed, (text) => text);
    case "text":
      return textControl(id, h("textarea", { id, rows: 4, className: "prose" }), changed);
    case "date":
      return textControl(
        id,
        h("input", { id, type: "text", placeholder: "2026-11-23T08:30:00Z" }),
        changed,
      );
    case "image":
      return imageField(id, changed);
    case "audio":
      return fileControl(id, "audio/wav,.wav", changed);
    case "series":
    case "tensor":
      return listControl(id, changed);
  }
}

/**
 * @param {string} id
 * @param {Field} field
 * @param {() => void} changed
 * @returns {Control}
 */
function numberControl(id, { range, integer }, changed) {
  const [low, high] = range ?? [null, null];
  // Bounds are what is plausible, not what is allowed: the field shows them and takes all numbers.
  const bounds = [low === null ? "" : `from ${low}`, high === null ? "" : `to ${high}`];
  const input = h("input", { id, type: "number", step: integer ? "1" : "any" });
  input.oninput = changed;
  return {
    element: h("span", {}, input, h("small", {}, ` ${bounds.join(" ").trim()}`)),
    read: () => (input.value === "" ? undefined : Number(input.value)),
    set: (value) => (input.value = value === undefined || value === null ? "" : String(value)),
  };
}

/**
 * @param {string} id
 * @param {string[]} options
 * @param {Field} field
 * @param {() => void} changed
 * @param {(text: string) => unknown} toValue
 * @returns {Control}
 */
function choiceControl(id, options, { optional }, changed, toValue) {
  const none = optional === true ? [h("option", { value: "" }, "(not given)")] : [];
  const items = options.map((value) => h("option", { value }, value));
  const select = h("select", { id }, ...none, ...items);
  select.onchange = changed;
  return {
    element: select,
    read: () => (select.value === "" ? undefined : toValue(select.value)),
    set: (value) => (select.value = value === undefined || value === null ? "" : String(value)),
  };
}

/**
 * @param {string} _id
 * @param {HTMLInputElement | HTMLTextAreaElement} input
 * @param {() => void} changed
 * @returns {Control}
 */
function textControl(_id, input, changed) {
  input.oninput = changed;
  return {
    element: input,
    read: () => (input.value === "" ? undefined : input.value),
    set: (value) => (input.value = typeof value === "string" ? value : ""),
  };
}

/**
 * @param {string} id
 * @param {string} accept
 * @param {() => void} changed
 * @returns {Control}
 */
function fileControl(id, accept, changed) {
  const input = h("input", { id, type: "file", accept });
  /** @type {unknown} */
  let given;
  input.onchange = () => {
    given = input.files?.[0];
    changed();
  };
  return { element: input, read: () => given, set: (value) => (given = value ?? undefined) };
}

/**
 * Nested lists as JSON; a plain list also without its brackets.
 *
 * @param {string} id
 * @param {() => void} changed
 * @returns {Control}
 */
function listControl(id, changed) {
  const input = h("textarea", { id, rows: 3, spellcheck: false, placeholder: "1, 2, 3" });
  input.oninput = changed;
  return {
    element: input,
    read() {
      const text = input.value.trim();
      if (text === "") return undefined;
      try {
        return JSON.parse(text.startsWith("[") ? text : `[${text}]`);
      } catch {
        // The server says what is wrong with it, better than the page could.
        return text;
      }
    },
    set: (value) => (input.value = value === undefined ? "" : JSON.stringify(value)),
  };
}
