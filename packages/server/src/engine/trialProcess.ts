/** The process in which models are tried before the server opens them. See `trial.ts`. */
import { LongshoreError } from "@longshore/core";
import { examine } from "./examine.ts";
import { messageOf } from "./messageOf.ts";
import type { TrialReply, TrialRequest } from "./trial.ts";

process.on("message", ({ path, about }: TrialRequest) => {
  void examine(path, about)
    .then(
      (examination): TrialReply => ({ examination }),
      (error: unknown): TrialReply => ({
        error: messageOf(error),
        code: error instanceof LongshoreError ? error.code : undefined,
      }),
    )
    .then((reply) => process.send?.(reply));
});
// The server is gone: so is the reason to be here.
process.on("disconnect", () => process.exit(0));
