import type { Registry } from "../registry/registry.ts";
import type { ServedModel } from "../registry/servedModel.ts";
import type { ServingPorts } from "./supervisor.ts";

/** Tells the one who started the server what is served, where, and one `curl` line that works. */
export function announce(
  registry: Registry,
  host: string,
  { port, grpcPort, tfservingPort, tfservingGrpcPort }: ServingPorts,
): void {
  const name = host.includes(":") ? `[${host}]` : host === "0.0.0.0" ? "127.0.0.1" : host;
  const url = `http://${name}:${port}`;
  const grpc = grpcPort === "off" ? "off" : `${name}:${grpcPort}`;
  const rest = tfservingPort === "off" ? "" : `  /v1      http://${name}:${tfservingPort}/v1\n`;
  const tfGrpc = tfservingGrpcPort === "off" ? "" : `  TF gRPC  ${name}:${tfservingGrpcPort}\n`;
  const models = [...registry.served()];
  const width = Math.max(0, ...models.map(({ name }) => name.length));
  const lines = models
    .slice(0, MAX_LISTED)
    .map((model) => `  ${model.name.padEnd(width)}  ${describe(model)}`);
  if (models.length > MAX_LISTED) lines.push(`  … and ${models.length - MAX_LISTED} more`);
  const failed = registry.index().filter(({ state }) => state === "UNAVAILABLE");
  for (const { name, reason } of failed)
    lines.push(`  ${name.padEnd(width)}  not served: ${reason}`);
  process.stderr.write(
    `\nServing on ${url}\n\n${lines.join("\n")}\n\n  Docs     ${url}/docs\n  Metrics  ${url}/metrics\n  gRPC     ${grpc}\n${rest}${tfGrpc}${tryIt(url, models)}\n`,
  );
}

const MAX_LISTED = 20;

function describe({ signature, version, variant, batching, source }: ServedModel): string {
  const inputs = signature.inputs.map(
    ({ name, datatype, shape }) => `${name} ${datatype}[${shape.join(",")}]`,
  );
  const batch = batching.batchable ? `batches up to ${batching.maxBatchSize}` : "no batching";
  const form = variant === undefined ? "" : `, ${formOf(variant)}`;
  return `version ${version}${form}  ${inputs.join(", ")}  ${batch}${source.manifest.description ? `\n      ${source.manifest.description}` : ""}`;
}

/** `variant "static-int8" (made for x64-vnni)`. */
function formOf({ name, reason }: NonNullable<ServedModel["variant"]>): string {
  return `${name === "original" ? name : `variant "${name}"`} (${reason})`;
}

/** A call of the first model that has an example short enough to read. */
function tryIt(url: string, models: readonly ServedModel[]): string {
  for (const { name, example } of models) {
    if (example === undefined) continue;
    const body = JSON.stringify(example);
    if (body.length <= 600) return `\n  Try      curl ${url}/predict/${name} -d '${body}'\n`;
  }
  return "";
}
