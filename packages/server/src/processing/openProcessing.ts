import type { Manifest } from "@longshore/core/manifest";
import { openBundle, termsOf, type ProcessedBundle } from "./bundle.ts";
import { openCodeThread } from "./codeThread.ts";
import { decodeHere, decodeInThread, toError } from "./decode.ts";
import type { BundleThread } from "./messages.ts";
import type { Decode } from "./predict.ts";
import type { PipelineTerms } from "./terms.ts";
import { worksInThreads, type ProcessingThreads } from "./threads.ts";

/** A bundle's processing, ready for calls. */
export interface Processing {
  readonly terms: PipelineTerms;
  readonly decode: Decode;
  close(): Promise<void>;
}

/**
 * Bodies above this, which take half a millisecond, are read in a thread: they would hold up
 * everybody else's calls.
 */
export const LARGE_BODY_BYTES: number = 64 * 1024;

/**
 * Makes a bundle's processing ready, where it belongs:
 *
 * - code of the bundle in a thread of its own, which can be ended;
 * - images, recordings and texts in the shared threads;
 * - tables here, as that takes less than to ask a thread; but for large bodies.
 *
 * @throws PipelineProblem; LongshoreError for files of the bundle that are wrong.
 */
export async function openProcessing(
  bundle: ProcessedBundle,
  threads: ProcessingThreads,
): Promise<Processing> {
  const { manifest } = bundle;
  if (hasCode(manifest)) return openInThread(bundle, openCodeThread(bundle));
  if (worksInThreads(manifest)) return openInThread(bundle, threads.add(bundle));
  const open = await openBundle(bundle);
  const thread = threads.add(bundle);
  const here = await decodeHere(open);
  const there = decodeInThread(bundle.name, thread);
  const decode: Decode = (call) => (call.body.length > LARGE_BODY_BYTES ? there(call) : here(call));
  return { terms: termsOf(open), decode, close: () => thread.close() };
}

async function openInThread(bundle: ProcessedBundle, thread: BundleThread): Promise<Processing> {
  const reply = await thread.open();
  if (reply.type !== "opened") {
    await thread.close();
    throw await toError(reply);
  }
  return {
    terms: reply.terms,
    decode: decodeInThread(bundle.name, thread),
    close: () => thread.close(),
  };
}

function hasCode({ pipeline = {} }: Manifest): boolean {
  return [...(pipeline.before ?? []), ...(pipeline.after ?? [])].some(
    ({ step }) => step === "custom",
  );
}
