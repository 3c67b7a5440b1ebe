import type { Variant } from "@longshore/core/manifest";
import { Document, isCollection, isMap, parseDocument, type YAMLSeq } from "yaml";

/**
 * Puts a variant in front of those of a manifest. Everything else in the text stays as it is,
 * comments and line breaks included.
 *
 * @param text of a `bundle.yaml` that was read before, so that it is valid; may be empty.
 * @param replaces which variants go.
 */
export function addVariant(
  text: string,
  variant: Variant,
  replaces: (other: Variant) => boolean,
): string {
  const document = parseDocument(text);
  const variants = document.get("variants");
  const list = isCollection(variants) ? (variants as YAMLSeq) : document.createNode([]);
  const entry = document.createNode(variant);
  list.items = [
    entry,
    ...list.items.filter((item) => !replaces(document.createNode(item).toJS(document) as Variant)),
  ];
  list.flow = false;
  const own = new Document({});
  own.set("variants", list);
  const block = own.toString({ lineWidth: 0 });

  if (document.contents === null)
    return text + (text === "" || text.endsWith("\n") ? "" : "\n") + block;
  if (!isMap(document.contents) || document.contents.flow) {
    document.set("variants", list);
    return document.toString({ lineWidth: 0 });
  }
  const pair = document.contents.items.find(({ key }) => String(key) === "variants");
  if (pair === undefined) return `${text}${text.endsWith("\n") ? "" : "\n"}${block}`;
  const { start, end } = rangeOf(pair);
  return text.slice(0, start) + block + text.slice(end);
}

/** Where a pair of a block map stands in the text, its line break included. */
function rangeOf({ key, value }: { key: unknown; value: unknown }): { start: number; end: number } {
  const [start] = (key as { range: [number, number, number] }).range;
  const [, , end] = (value as { range: [number, number, number] }).range;
  return { start, end };
}
