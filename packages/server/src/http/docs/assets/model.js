import { caller, codeOf, toUrl } from "./call.js";
import { choice, h } from "./dom.js";
import { formatJson } from "./json.js";
import { playground } from "./playground.js";
import { responses, routeList } from "./routes.js";
import { resolve, typeText } from "./schema.js";
import { fieldTable, tensorTable } from "./tables.js";

/**
 * Everything about one version of a model.
 *
 * @typedef {import("./tables.js").TensorSpec} TensorSpec
 * @typedef {{ version: string, isDefault: boolean, description?: string, inputs: TensorSpec[],
 *   outputs: TensorSpec[], batchable: boolean, maxBatchSize: number,
 *   fields?: import("./playground.js").Fields }} Version
 *
 * @param {Record<string, any>} document
 * @param {string} name
 * @param {Version[]} versions
 * @param {Version} version
 * @returns {HTMLElement[]}
 */
export function modelPage(document, name, versions, version) {
  return [
    h("h2", {}, name),
    ...(version.description === undefined
      ? []
      : [h("p", { className: "description" }, version.description)]),
    versionLine(name, versions, version),
    ...(version.fields === undefined
      ? [
          h("h3", {}, "Inputs"),
          tensorTable(version.inputs),
          h("h3", {}, "Outputs"),
          tensorTable(version.outputs),
        ]
      : []),
    h("h3", {}, "Try it"),
    tryIt(document, name, version),
    ...(version.fields === undefined
      ? []
      : [
          h("h3", {}, "Fields"),
          fieldTable(version.fields),
          h("h3", {}, "Tensors of the model itself"),
          tensorTable([...version.inputs, ...version.outputs]),
        ]),
    h("h3", {}, "More routes of this model"),
    routeList(document, (path) => fillIn(path, name, version)),
  ];
}

/**
 * @param {string} name
 * @param {Version[]} versions
 * @param {Version} version
 */
function versionLine(name, versions, version) {
  const batching = version.batchable
    ? `requests run together, up to ${version.maxBatchSize} rows`
    : "each request runs by itself";
  if (versions.length === 1)
    return h("p", { className: "facts" }, `Version ${version.version}; ${batching}.`);
  const links = versions.flatMap((other, index) => {
    const href = `#${encodeURIComponent(name)}/${encodeURIComponent(other.version)}`;
    const current = other === version ? { "aria-current": "page" } : {};
    return [
      index === 0 ? "" : ", ",
      h("a", { href, ...current }, other.version),
      other.isDefault ? " (default)" : "",
    ];
  });
  return h("p", { className: "facts versions" }, "Versions ", ...links, `; ${batching}.`);
}

/**
 * @param {Record<string, any>} document
 * @param {string} name
 * @param {Version} version
 */
function tryIt(document, name, version) {
  const model = encodeURIComponent(name);
  const versioned = `/v2/models/${model}/versions/${encodeURIComponent(version.version)}/infer`;
  const plain = `/predict/${model}`;
  const { fields } = version;
  const ways = version.isDefault
    ? [
        ...(fields
          ? [{ label: "Form", show: () => playground(plain, fields, exampleOf(document, plain)) }]
          : []),
        { label: "Plain JSON", show: () => editor(document, plain, version) },
        {
          label: "Open Inference Protocol v2",
          show: () => editor(document, `/v2/models/${model}/infer`, version),
        },
      ]
    : [{ label: "Open Inference Protocol v2", show: () => editor(document, versioned, version) }];
  const place = h("div");
  /** @param {number} index */
  const show = (index) => place.replaceChildren(...[ways[index]?.show() ?? []].flat());
  show(0);
  return h(
    "div",
    {},
    choice(
      "How",
      ways.map((way) => way.label),
      show,
    ),
    place,
  );
}

/**
 * @param {Record<string, any>} document
 * @param {string} path
 * @param {Version} version
 */
function editor(document, path, version) {
  const operation = document["paths"][path].post;
  const body = resolve(document, operation.requestBody);
  const content = body["content"]["application/json"];
  const example = exampleOf(document, path) ??
    body["content"]["application/octet-stream"]?.["x-longshore-json-part"] ?? {
      inputs: Object.fromEntries(version.inputs.map(({ name }) => [name, []])),
    };

  const text = h("textarea", {
    spellcheck: false,
    autocapitalize: "off",
    "aria-label": "Request body",
  });
  text.value = formatJson(JSON.stringify(example));
  text.rows = Math.min(24, text.value.split("\n").length + 1);
  const binary = h("p", { className: "note" });
  const problem = h("p", { className: "problem", role: "status" });
  const request = () => ({
    method: "POST",
    url: toUrl(path),
    body: text.value,
    zeros: binarySize(text.value),
  });
  const { button, answer } = caller(request);
  const code = codeOf();
  const update = () => {
    problem.textContent = jsonProblem(text.value);
    const zeros = binarySize(text.value);
    binary.hidden = zeros === 0;
    binary.textContent = `Sent in binary: ${zeros.toLocaleString("en")} zero bytes follow this JSON. Put your tensors in their place in the code below.`;
    // The code keeps the last body that was valid; what is sent is what is written, right or wrong.
    if (problem.textContent === "") code.show(request());
  };
  text.oninput = update;
  text.onkeydown = (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) button.click();
  };
  update();

  return h(
    "div",
    { className: "editor" },
    h(
      "p",
      { className: "target" },
      h("span", { className: "method POST" }, "POST"),
      h("code", {}, path),
    ),
    ...(body["description"] === undefined
      ? []
      : [h("p", { className: "note" }, body["description"])]),
    text,
    binary,
    problem,
    h("p", {}, button, h("span", { className: "hint" }, "or Ctrl+Enter")),
    answer,
    h("h4", {}, "The same call as code"),
    code.element,
    h(
      "details",
      {},
      h("summary", {}, "Schema of the request"),
      h("pre", { tabIndex: 0 }, typeText(document, content.schema)),
    ),
    responses(document, operation),
  );
}

/**
 * A body of a route that works, where there is one.
 *
 * @param {Record<string, any>} document
 * @param {string} path
 */
function exampleOf(document, path) {
  const body = resolve(document, document["paths"][path].post.requestBody);
  return body["content"]["application/json"].examples?.working?.value;
}

/** @param {string} text */
function jsonProblem(text) {
  try {
    JSON.parse(text);
    return "";
  } catch (error) {
    return `Not valid JSON: ${error instanceof Error ? error.message : error}`;
  }
}

/**
 * Bytes that the inputs of a v2 body announce to follow it.
 *
 * @param {string} text
 * @returns {number}
 */
function binarySize(text) {
  try {
    const sizes = [JSON.parse(text).inputs]
      .flat()
      .map((input) => input?.parameters?.binary_data_size ?? 0);
    const size = sizes.reduce((total, bytes) => total + bytes, 0);
    return Number.isSafeInteger(size) && size > 0 ? size : 0;
  } catch {
    return 0;
  }
}

/**
 * The routes that are templates, for this model: those with a version only where it is not the default.
 *
 * @param {string} path
 * @param {string} name
 * @param {Version} version
 */
function fillIn(path, name, version) {
  if (!path.includes("{model}")) return undefined;
  if (!path.includes("/repository/") && path.includes("{version}") === version.isDefault)
    return undefined;
  return path
    .replace("{model}", encodeURIComponent(name))
    .replace("{version}", encodeURIComponent(version.version));
}
