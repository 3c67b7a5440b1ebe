import { StepProblem } from "../step.ts";
import type { PostProcessorConfig } from "./tokenizerFile.ts";

/** What a sequence is put together of: ids of special tokens, or the first or second text. */
export type TemplatePart = { readonly type: number } & (
  | { readonly ids: readonly number[] }
  | { readonly text: "A" | "B" }
);

export interface Templates {
  readonly single: readonly TemplatePart[];
  readonly pair: readonly TemplatePart[];
}

/**
 * How special tokens are put around one text or two.
 *
 * @throws StepProblem for a file whose templates do not fit together.
 */
export function templatesOf(config: PostProcessorConfig | null | undefined): Templates {
  switch (config?.type) {
    case undefined:
    case "ByteLevel":
      return PLAIN;
    case "BertProcessing": {
      const [cls, sep] = [[config.cls[1]], [config.sep[1]]];
      const single = [{ ids: cls, type: 0 }, A, { ids: sep, type: 0 }];
      return { single, pair: [...single, B, { ids: sep, type: 1 }] };
    }
    case "RobertaProcessing": {
      const [cls, sep] = [
        { ids: [config.cls[1]], type: 0 },
        { ids: [config.sep[1]], type: 0 },
      ];
      const single = [cls, A, sep];
      return { single, pair: [...single, sep, { ...B, type: 0 }, sep] };
    }
    case "TemplateProcessing": {
      const toPart = (item: (typeof config.single)[number]): TemplatePart => {
        if ("Sequence" in item) return { text: item.Sequence.id, type: item.Sequence.type_id };
        const { id, type_id: type } = item.SpecialToken;
        const ids = config.special_tokens[id]?.ids;
        if (ids === undefined)
          throw new StepProblem(`its template's "${id}" is no special token`, "file");
        return { ids, type };
      };
      return { single: config.single.map(toPart), pair: config.pair.map(toPart) };
    }
    case "Sequence": {
      const others = config.processors.map(templatesOf).filter((templates) => templates !== PLAIN);
      if (others.length > 1)
        throw new StepProblem("two post-processors that add special tokens", "file");
      return others[0] ?? PLAIN;
    }
  }
}

const A: TemplatePart = { text: "A", type: 0 };
const B: TemplatePart = { text: "B", type: 1 };
const PLAIN: Templates = { single: [A], pair: [A, B] };

/** Without special tokens, the texts alone. */
export function withoutSpecial({ single, pair }: Templates): Templates {
  const texts = (parts: readonly TemplatePart[]): TemplatePart[] =>
    parts.filter((part) => "text" in part);
  return { single: texts(single), pair: texts(pair) };
}
