/** What the I/O thread and a code model's worker say to each other. */
import type { Signature } from "@longshore/core";
import type { OutputTensor, Run, Timing } from "../messages.ts";

export type CodeRequest =
  /** Imports the module and loads its state. */
  | { readonly type: "open"; readonly path: string }
  /** One call of `predict`. */
  | {
      readonly type: "predict";
      readonly inputs: Run["inputs"];
      readonly arena: ArrayBuffer;
      /** Names of the outputs to give; all when undefined. */
      readonly outputs: readonly string[] | undefined;
    };

export type CodeReply =
  | { readonly type: "opened"; readonly signature: Signature }
  | {
      readonly type: "predicted";
      readonly outputs: readonly OutputTensor[];
      readonly timing: Timing;
    };
