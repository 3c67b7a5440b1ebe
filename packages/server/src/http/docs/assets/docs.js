import { h } from "./dom.js";
import { modelPage } from "./model.js";
import { routeList } from "./routes.js";

/** A model's name holds no slash, so this can be none. */
const SERVER = "#/server";

const main = /** @type {HTMLElement} */ (document.getElementById("main"));

try {
  const response = await fetch("openapi.json");
  if (!response.ok) throw new Error(`openapi.json: ${response.status} ${response.statusText}`);
  start(await response.json());
} catch (error) {
  main.replaceChildren(h("p", { className: "problem" }, `The API cannot be shown: ${error}`));
}

/** @param {Record<string, any>} api an OpenAPI document */
function start(api) {
  const models = api["tags"].filter((/** @type {object} */ tag) => "x-longshore-versions" in tag);
  navigation(api, models);
  addEventListener("hashchange", () => {
    show(api, models);
    scrollTo(0, 0);
    main.focus({ preventScroll: true });
  });
  show(api, models);
}

/**
 * @param {Record<string, any>} api
 * @param {Record<string, any>[]} models
 */
function navigation(api, models) {
  const { title, version } = api["info"];
  byId("server").replaceChildren(title, " ", h("small", {}, version));
  byId("models").replaceChildren(
    ...models.map(({ name }) =>
      h("li", {}, h("a", { href: `#${encodeURIComponent(name)}` }, name)),
    ),
  );
  byId("more").replaceChildren(
    h("li", {}, h("a", { href: SERVER }, "Server and repository")),
    h("li", {}, h("a", { href: "openapi.json" }, "openapi.json")),
  );
}

/**
 * Shows what the address asks for: `#digits`, `#digits/2`, `#/server`.
 *
 * @param {Record<string, any>} api
 * @param {Record<string, any>[]} models
 */
function show(api, models) {
  if (location.hash === "#main") return;
  const [name, wanted] = location.hash.slice(1).split("/").map(decode);
  const model = models.find((tag) => tag["name"] === name);
  const first = models[0];
  if (location.hash === SERVER || (name === "" && first === undefined)) showServer(api, models);
  else if (model !== undefined) showModel(api, model, wanted);
  else if (name === "" && first !== undefined) showModel(api, first, undefined);
  else main.replaceChildren(h("h2", {}, `No model "${name}"`), h("p", {}, "It is not served now."));
}

/**
 * @param {Record<string, any>} api
 * @param {Record<string, any>} model
 * @param {string | undefined} wanted
 */
function showModel(api, model, wanted) {
  const versions = model["x-longshore-versions"];
  const find = (/** @type {(version: import("./model.js").Version) => boolean} */ test) =>
    versions.find(test);
  const version =
    find((item) => item.version === wanted) ?? find((item) => item.isDefault) ?? versions[0];
  main.replaceChildren(...modelPage(api, model["name"], versions, version));
  mark(api, `#${encodeURIComponent(model["name"])}`, model["name"]);
}

/**
 * @param {Record<string, any>} api
 * @param {Record<string, any>[]} models
 */
function showServer(api, models) {
  main.replaceChildren(
    h("h2", {}, "Server and repository"),
    ...(models.length === 0 ? [h("p", {}, "No model is served now.")] : []),
    routeList(api, (path) => (path.includes("{") || isInference(path) ? undefined : path)),
  );
  mark(api, SERVER, "Server");
}

/** @param {string} path */
function isInference(path) {
  return path.startsWith("/predict/") || path.endsWith("/infer");
}

/**
 * @param {Record<string, any>} api
 * @param {string} href
 * @param {string} title
 */
function mark(api, href, title) {
  document.title = `${title} · ${api["info"].title}`;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.getAttribute("href") === href) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

/** @param {string} text */
function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** @param {string} id */
function byId(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}
