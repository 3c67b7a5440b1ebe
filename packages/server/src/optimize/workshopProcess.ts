/** The process in which candidates are built, run and timed. See `workshop.ts`. */
import { LongshoreError } from "@longshore/core";
import { messageOf } from "../engine/messageOf.ts";
import { answer } from "./answer.ts";
import type { Job, Reply, Task } from "./tasks.ts";

process.on("message", ({ job, task }: { job: Job; task: Task }) => {
  void answer(task, job)
    .then(
      (result): Reply => ({ answer: result }),
      (error: unknown): Reply => ({
        error: messageOf(error),
        code: error instanceof LongshoreError ? error.code : undefined,
      }),
    )
    .then((reply) => process.send?.(reply));
});
// The search is over: so is the reason to be here.
process.on("disconnect", () => process.exit(0));
