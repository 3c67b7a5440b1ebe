import { copyable, choice, h } from "./dom.js";
import { formatJson } from "./json.js";
import { headersOf, snippets } from "./snippets.js";

/** Above this, an answer is shown as it came: indenting it would freeze the page. */
const FORMAT_LIMIT = 1_000_000;

/** Where the API lies: beside this page, whatever prefix both are under. */
const ROOT = new URL("./", document.baseURI);

/** @param {string} path as in the document: `/predict/digits` */
export function toUrl(path) {
  return new URL(path.slice(1), ROOT).href;
}

/**
 * A button that makes a call, and the place of its answer.
 *
 * @typedef {import("./snippets.js").Call} Call
 *
 * @param {() => Call} prepare
 * @param {(text: string, headers: Headers) => HTMLElement[]} [explain] what an answer means, shown before it
 * @returns {{ button: HTMLButtonElement, answer: HTMLElement }}
 */
export function caller(prepare, explain = () => []) {
  const answer = h("div", { className: "answer", "aria-live": "polite" });
  const button = h("button", { type: "button", className: "send" }, "Send");
  button.onclick = async () => {
    button.disabled = true;
    answer.replaceChildren(h("p", { className: "status" }, "Waiting for the answer…"));
    answer.replaceChildren(...(await call(prepare(), explain)));
    button.disabled = false;
  };
  return { button, answer };
}

/**
 * @param {Call} request
 * @param {(text: string, headers: Headers) => HTMLElement[]} explain
 * @returns {Promise<HTMLElement[]>}
 */
async function call(request, explain) {
  const { method, url } = request;
  const started = performance.now();
  try {
    const response = await fetch(url, { method, ...contentOf(request) });
    const text = await response.text();
    return [
      statusLine(response, text, performance.now() - started),
      ...(response.ok ? explain(text, response.headers) : []),
      bodyOf(response, text),
      headerList(response),
    ];
  } catch (error) {
    return [
      h(
        "p",
        { className: "status failed" },
        `No answer: ${error instanceof Error ? error.message : error}`,
      ),
    ];
  }
}

/**
 * @param {Call} request
 * @returns {RequestInit}
 */
function contentOf(request) {
  const { body, zeros = 0, file, form } = request;
  if (form !== undefined) {
    const data = new FormData();
    for (const { name, value } of form) data.append(name, value);
    return { body: data };
  }
  if (file !== undefined) return { body: file, headers: headersOf(request) };
  if (body === undefined) return {};
  return { body: new Blob([body, new Uint8Array(zeros)]), headers: headersOf(request) };
}

/**
 * @param {Response} response
 * @param {string} text
 * @param {number} milliseconds
 */
function statusLine(response, text, milliseconds) {
  const status = h("strong", {}, `${response.status} ${response.statusText}`.trim());
  const size = new TextEncoder().encode(text).length.toLocaleString("en");
  const facts = ` in ${milliseconds.toFixed(1)} ms, ${size} bytes`;
  return h("p", { className: `status ${response.ok ? "succeeded" : "failed"}` }, status, facts);
}

/**
 * @param {Response} response
 * @param {string} text
 */
function bodyOf(response, text) {
  const isJson = response.headers.get("content-type")?.includes("json") ?? false;
  const { element, show } = copyable();
  show(isJson && text.length < FORMAT_LIMIT ? formatJson(text) : text);
  element.hidden = text === "";
  return element;
}

/** @param {Response} response */
function headerList({ headers }) {
  const lines = [...headers].map(([name, value]) => `${name}: ${value}\n`);
  return h("details", {}, h("summary", {}, "Headers"), h("pre", { tabIndex: 0 }, ...lines));
}

// The language chosen once is kept while the page is open.
let language = 0;

/**
 * The same call as code, in the language chosen.
 *
 * @returns {{ element: HTMLElement, show: (call: Call) => void }}
 */
export function codeOf() {
  const { element: code, show: showText } = copyable();
  /** @type {{ language: string, code: string }[]} */
  let all = snippets({ method: "GET", url: "" });
  const show = () => showText(all[language]?.code ?? "");
  const tabs = choice(
    "Language",
    all.map((snippet) => snippet.language),
    (index) => {
      language = index;
      show();
    },
    language,
  );
  return {
    element: h("div", {}, tabs, code),
    show: (call) => {
      all = snippets(call);
      show();
    },
  };
}
