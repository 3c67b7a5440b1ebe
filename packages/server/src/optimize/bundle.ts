import { isDeepStrictEqual } from "node:util";
import type { Variant } from "@longshore/core/manifest";
import {
  Document,
  isAlias,
  isMap,
  isSeq,
  parse,
  parseDocument,
  stringify,
  YAMLSeq,
  type ParsedNode,
} from "yaml";

/**
 * Puts a variant in front of those of a manifest. Everything else in the text stays as it is,
 * comments and line breaks included; it is only written anew where the list is tied to other parts
 * by anchors and aliases, or the text does not end where the document does.
 *
 * @param text of a `bundle.yaml` that was read before, so that it is valid; may be empty.
 * @param replaces which variants go.
 */
export function addVariant(
  text: string,
  variant: Variant,
  replaces: (other: Variant) => boolean,
): string {
  const before = (parse(text) ?? {}) as { readonly variants?: readonly Variant[] | null };
  const others = (before.variants ?? []).filter((other) => !replaces(other));
  const after = { ...before, variants: [variant, ...others] };
  for (const write of [inText, inDocument]) {
    const written = unlessItThrows(() => {
      const document = parseDocument(text);
      return write(text, document, listFor(document, variant, replaces));
    });
    if (
      isDeepStrictEqual(
        unlessItThrows(() => parse(written ?? "") as unknown),
        after,
      )
    )
      return written!;
  }
  return stringify(after, { lineWidth: 0 });
}

/** An alias may have lost its anchor with a variant that went. */
function unlessItThrows<Result>(work: () => Result): Result | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

/** The list of variants as it is to be, with the comments in it. */
function listFor(
  document: Document.Parsed,
  variant: Variant,
  replaces: (other: Variant) => boolean,
): YAMLSeq {
  const node = document.get("variants", true) as unknown;
  const variants = isAlias(node) ? node.resolve(document) : node;
  const list = isSeq(node) ? node : new YAMLSeq();
  const others = isSeq(variants) ? variants.items : [];
  list.items = [
    document.createNode(variant),
    ...others.filter((item) => !replaces((item as ParsedNode).toJS(document) as Variant)),
  ];
  list.flow = false;
  return list;
}

/** The list takes the place of the old one in the text, or stands at its end. */
function inText(text: string, { contents }: Document.Parsed, list: YAMLSeq): string {
  const own = new Document({});
  own.set("variants", list);
  const block = own.toString({ lineWidth: 0 });
  const atEnd = text + (text === "" || text.endsWith("\n") ? "" : "\n") + block;
  if (contents === null) return atEnd;
  const pair = isMap(contents)
    ? contents.items.find(({ key }) => String(key) === "variants")
    : undefined;
  if (pair === undefined) return atEnd;
  const { start, end } = rangeOf(pair);
  return text.slice(0, start) + block + text.slice(end);
}

/** All is written anew, with its comments. */
function inDocument(_: string, document: Document.Parsed, list: YAMLSeq): string {
  document.set("variants", list);
  return document.toString({ lineWidth: 0 });
}

/** Where a pair of a block map stands in the text, its line break included. */
function rangeOf({ key, value }: { key: unknown; value: unknown }): { start: number; end: number } {
  const [start] = (key as { range: [number, number, number] }).range;
  const [, , end] = (value as { range: [number, number, number] }).range;
  return { start, end };
}
