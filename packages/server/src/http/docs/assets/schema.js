/**
 * JSON Schema in the notation of TypeScript, which is shorter to read.
 *
 * @typedef {Record<string, any>} Schema
 */

/**
 * @param {Schema} document
 * @param {{ $ref?: string }} value
 * @returns {Schema} what a `$ref` within the document stands for
 */
export function resolve(document, value) {
  let found = value;
  while (found?.$ref !== undefined) {
    const keys = found.$ref.slice(2).split("/");
    found = keys.reduce((object, key) => /** @type {Schema} */ (object)[key], document);
  }
  return found;
}

/**
 * @param {Schema} document
 * @param {Schema} schema
 * @param {string} [indent]
 * @returns {string}
 */
export function typeText(document, schema, indent = "") {
  const type = resolve(document, schema);
  if (type.title !== undefined) return type.title;
  if (type.const !== undefined) return JSON.stringify(type.const);
  if (type.enum !== undefined)
    return type.enum.map((/** @type {unknown} */ item) => JSON.stringify(item)).join(" | ");
  const union = type.anyOf ?? type.oneOf;
  if (union !== undefined) return unionText(document, union, indent);
  if (type.type === "array") return arrayText(document, type, indent);
  if (type.type === "object") return objectText(document, type, indent);
  return type.type ?? "unknown";
}

/**
 * @param {Schema} document
 * @param {Schema[]} members
 * @param {string} indent
 */
function unionText(document, members, indent) {
  const inner = `${indent}  `;
  const texts = members.map((member) => {
    const comment = member.description === undefined ? "" : `// ${member.description}\n${inner}`;
    return `${comment}| ${typeText(document, member, inner)}`;
  });
  const line = texts.join(" ").slice(2);
  return line.includes("\n") ? `\n${inner}${texts.join(`\n${inner}`)}` : line;
}

/**
 * @param {Schema} document
 * @param {Schema} type
 * @param {string} indent
 */
function arrayText(document, type, indent) {
  if (type.prefixItems !== undefined) {
    return `[${type.prefixItems.map((/** @type {Schema} */ item) => typeText(document, item, indent)).join(", ")}]`;
  }
  return type.items === undefined ? "[]" : `Array<${typeText(document, type.items, indent)}>`;
}

/**
 * @param {Schema} document
 * @param {Schema} type
 * @param {string} indent
 */
function objectText(document, type, indent) {
  const inner = `${indent}  `;
  const lines = Object.entries(type.properties ?? {}).map(([key, value]) => {
    const property = resolve(document, /** @type {Schema} */ (value));
    const optional = type.required?.includes(key) ? "" : "?";
    const comment = property.description === undefined ? "" : ` // ${property.description}`;
    return `${inner}${keyText(key)}${optional}: ${typeText(document, property, inner)};${comment}`;
  });
  if (typeof type.additionalProperties === "object") {
    const names =
      type.propertyNames === undefined ? "string" : typeText(document, type.propertyNames, inner);
    lines.push(
      `${inner}[name: ${names}]: ${typeText(document, type.additionalProperties, inner)};`,
    );
  }
  return lines.length === 0 ? "object" : `{\n${lines.join("\n")}\n${indent}}`;
}

/** @param {string} key */
function keyText(key) {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key);
}
