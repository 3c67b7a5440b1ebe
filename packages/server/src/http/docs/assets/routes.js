import { caller, codeOf, toUrl } from "./call.js";
import { h, prose } from "./dom.js";
import { resolve, typeText } from "./schema.js";

/**
 * A list of routes, each of which opens to its description, schema and code.
 *
 * @param {Record<string, any>} document
 * @param {(path: string) => string | undefined} select the path to show a route under, if any
 */
export function routeList(document, select) {
  const routes = Object.entries(document["paths"]).flatMap(([path, item]) => {
    const shown = select(path);
    const methods = ["get", "post"].filter((method) => method in item);
    return shown === undefined
      ? []
      : methods.map((method) => route(document, method.toUpperCase(), shown, item[method]));
  });
  return h("div", { className: "routes" }, ...routes);
}

/**
 * @param {Record<string, any>} document
 * @param {string} method
 * @param {string} path
 * @param {Record<string, any>} operation
 */
function route(document, method, path, operation) {
  const summary = h(
    "summary",
    {},
    h("span", { className: `method ${method}` }, method),
    h("code", {}, path),
    h("span", { className: "about" }, operation["summary"]),
  );
  const details = h("details", {}, summary);
  // Hundreds of routes are cheap as long as only those that are opened are built.
  details.addEventListener(
    "toggle",
    () => details.append(...routeBody(document, method, path, operation)),
    { once: true },
  );
  return details;
}

/**
 * @param {Record<string, any>} document
 * @param {string} method
 * @param {string} path
 * @param {Record<string, any>} operation
 * @returns {HTMLElement[]}
 */
function routeBody(document, method, path, operation) {
  const request = { method, url: toUrl(path) };
  const code = codeOf();
  code.show(request);
  const { button, answer } = caller(() => request);
  return [
    ...(operation["description"] === undefined
      ? []
      : [h("p", {}, ...prose(operation["description"]))]),
    // A click here must not change what is served to others: for that there is the code.
    ...(method === "GET" ? [h("p", {}, button), answer] : []),
    code.element,
    responses(document, operation),
  ];
}

/**
 * The schemas of an operation's request and responses.
 *
 * @param {Record<string, any>} document
 * @param {Record<string, any>} operation
 */
export function responses(document, operation) {
  const all = Object.entries(operation["responses"]).map(([status, reference]) => {
    const response = resolve(document, reference);
    const [first, ...rest] = response["description"].split("\n\n");
    const codes = [...rest.join("").matchAll(/`(\w+)`/g)].map((match) => match[1]).join(", ");
    const schema = response["content"]?.["application/json"]?.schema;
    const isError = Number(status) >= 400;
    return h(
      "div",
      { className: "response" },
      h("p", {}, h("strong", {}, status), " ", ...prose(first)),
      ...(isError ? [h("p", { className: "codes" }, codes)] : []),
      ...(schema === undefined || isError
        ? []
        : [h("pre", { tabIndex: 0 }, typeText(document, schema))]),
    );
  });
  return h("details", {}, h("summary", {}, "Answers and errors"), ...all);
}
