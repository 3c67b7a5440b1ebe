import { isDeepStrictEqual } from "node:util";
import type { FusedPipeline } from "@longshore/onnx";
import { isSeq, parse, parseDocument, stringify, type Document, type YAMLSeq } from "yaml";

type Kept = Pick<FusedPipeline, "before" | "after" | "kept" | "steps">;

/** What holds of the original model only. */
const OF_THE_ORIGINAL = ["signature", "variants", "versions"];

interface Raw {
  readonly pipeline?: { readonly before?: unknown[] | null; readonly after?: unknown[] | null };
}

/**
 * The `bundle.yaml` of a built bundle: the pipeline without the steps that are in the graph, with
 * the comments of the rest where its anchors and aliases allow.
 *
 * @param text of the original's, valid.
 */
export function editManifest(text: string, fused: Kept): string {
  const expected = withPipeline(parse(text) as Raw, fused);
  const edited = inDocument(text, fused);
  if (edited !== undefined && isDeepStrictEqual(parse(edited), expected)) return edited;
  return stringify(expected, { lineWidth: 0, aliasDuplicateObjects: false });
}

function withPipeline(raw: Raw, { before, after, kept }: Kept): unknown {
  const wanted = Object.fromEntries(
    Object.entries(raw).filter(([key]) => !OF_THE_ORIGINAL.includes(key)),
  );
  const first = (raw.pipeline?.before ?? []).slice(0, kept.before);
  const last = (raw.pipeline?.after ?? []).slice(-kept.after || Infinity);
  const lists = {
    before: [...first, ...before.slice(kept.before)],
    after: [...after.slice(0, after.length - kept.after), ...last],
  };
  const pipeline = Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0));
  return { ...wanted, pipeline };
}

/** Undefined where an alias would lose its anchor. */
function inDocument(text: string, { before, after, kept, steps }: Kept): string | undefined {
  try {
    const document = parseDocument(text);
    for (const key of OF_THE_ORIGINAL) document.delete(key);
    const names = steps.filter((step) => step.fused).map(({ step }) => step);
    const note = ` In the graph: ${names.join(", ")}.`;
    const first = listAt(document, "before");
    first.items.splice(
      kept.before,
      Infinity,
      ...before.slice(kept.before).map((config) => document.createNode(config)),
    );
    const last = listAt(document, "after");
    last.items.splice(
      0,
      last.items.length - kept.after,
      ...after.slice(0, after.length - kept.after).map((config) => document.createNode(config)),
    );
    for (const [phase, list] of Object.entries({ before: first, after: last }))
      if (list.items.length === 0) document.deleteIn(["pipeline", phase]);
    const pipeline = document.get("pipeline", true) as
      | { commentBefore?: string | null }
      | undefined;
    if (pipeline) pipeline.commentBefore = note;
    return document.toString({ lineWidth: 0 });
  } catch {
    return undefined;
  }
}

/** The steps of a phase; an empty list is put where there is none. */
function listAt(document: Document, phase: string): YAMLSeq {
  const list: unknown = document.getIn(["pipeline", phase], true);
  if (isSeq(list)) {
    list.flow = false;
    return list;
  }
  const empty = document.createNode([]) as YAMLSeq;
  document.setIn(["pipeline", phase], empty);
  return empty;
}
