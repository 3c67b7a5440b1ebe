/**
 * An element with properties and children. Text becomes text nodes, never markup.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Partial<Omit<HTMLElementTagNameMap[Tag], "style">> & Record<string, unknown>} [properties]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-")) element.setAttribute(name, String(value));
    else Object.assign(element, { [name]: value });
  }
  element.append(...children);
  return element;
}

/**
 * Prose with `code` between backquotes.
 *
 * @param {string} text
 * @returns {(HTMLElement | string)[]}
 */
export function prose(text) {
  return text.split("`").map((part, index) => (index % 2 === 0 ? part : h("code", {}, part)));
}

let groups = 0;

/**
 * Radio buttons that look like tabs.
 *
 * @param {string} label what is chosen, for screen readers
 * @param {readonly string[]} options
 * @param {(index: number) => void} choose
 * @param {number} [chosen]
 */
export function choice(label, options, choose, chosen = 0) {
  const name = `choice-${(groups += 1)}`;
  const radios = options.map((option, index) =>
    h(
      "label",
      {},
      h("input", { type: "radio", name, checked: index === chosen, onchange: () => choose(index) }),
      h("span", {}, option),
    ),
  );
  return h("div", { className: "choice", role: "radiogroup", "aria-label": label }, ...radios);
}

/**
 * Code with a button that copies it.
 *
 * @returns {{ element: HTMLElement, show: (text: string) => void }}
 */
export function copyable() {
  const code = h("code");
  const button = h("button", { type: "button", className: "copy" }, "Copy");
  button.onclick = async () => {
    button.textContent = (await copy(code)) ? "Copied" : "Press Ctrl+C";
    setTimeout(() => (button.textContent = "Copy"), 1500);
  };
  const element = h("div", { className: "copyable" }, h("pre", { tabIndex: 0 }, code), button);
  return { element, show: (text) => code.replaceChildren(text) };
}

/**
 * Copies what an element shows. The clipboard is closed to pages over plain HTTP: then the text
 * is selected for the user instead.
 *
 * @param {HTMLElement} element
 */
async function copy(element) {
  try {
    await navigator.clipboard.writeText(element.textContent ?? "");
    return true;
  } catch {
    getSelection()?.selectAllChildren(element);
    return false;
  }
}
