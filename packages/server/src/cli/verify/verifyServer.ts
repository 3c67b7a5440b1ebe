import type { GoldenExample } from "@longshore/core/golden";
import { askGolden, goldenLimitsOf, judgeGolden } from "../../registry/golden.ts";
import type { ModelSource } from "../../registry/scan.ts";
import { ask } from "../predict/remote.ts";
import type { VerifiedForm } from "./verifyBundle.ts";

/**
 * Asks the model of a bundle's name on a running server, held to what the bundle says of the form
 * that the server has chosen.
 *
 * @param url where the server is mounted, without a slash at the end.
 * @throws LongshoreError REMOTE_FAILED where there is no such server, or no such model on it.
 */
export async function verifyServer(
  url: string,
  source: ModelSource,
  examples: readonly GoldenExample[],
): Promise<VerifiedForm> {
  const name = encodeURIComponent(source.name);
  const { bytes } = await ask(`${url}/v2/models/${name}/config`);
  const config = JSON.parse(new TextDecoder().decode(bytes)) as ModelConfig;
  const form = config.parameters?.variant?.string_value ?? "original";
  const limits = goldenLimitsOf(source.manifest, form);
  const results = await askGolden(
    async ({ body, contentType }) => {
      const headers = { "content-type": contentType! };
      const request = { method: "POST", headers, body: Uint8Array.from(body) };
      const answer = await ask(`${url}/predict/${name}`, request);
      return { body: answer.bytes };
    },
    examples,
    limits,
  );
  const report = judgeGolden(results, limits);
  return { name: `${form} on ${url}`, outcome: { kind: "asked", report, results } };
}

/** As far as it is read here. */
interface ModelConfig {
  readonly parameters?: { readonly variant?: { readonly string_value?: string } };
}
