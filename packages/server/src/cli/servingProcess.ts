/** The process that serves, under the supervisor of `supervisor.ts`. */
import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import type { LevelWithSilent, Logger } from "pino";
import { ActiveRequests } from "../http/activeRequests.ts";
import { recordRunsTo } from "../engine/runRecord.ts";
import { threadsLeftBehind } from "../engine/restartableWorker.ts";
import { answerDirectly } from "../http/direct/answerDirectly.ts";
import { awaitLastRequests } from "../http/lastRequests.ts";
import { defaultLimits, type Limits } from "../http/limits.ts";
import { createLogger } from "../http/logger.ts";
import { countErrors } from "../http/requestLog.ts";
import { createHttpServer } from "../http/server.ts";
import { createModelHost, type ModelHost } from "../modelHost.ts";
import { Quarantine, type Quarantined } from "../registry/quarantine.ts";
import { announce } from "./announce.ts";
import { listenForGrpc, type ListeningGrpc } from "./listenGrpc.ts";
import { listenForHttp } from "./listenHttp.ts";
import type { ServingMessage, ServingPorts } from "./supervisor.ts";

/** What `longshore serve` was told. */
export interface ServeSettings {
  readonly paths: readonly string[];
  readonly host: string;
  readonly port: number;
  /** Its own port where it can be had, another one that must be had, or no gRPC. */
  readonly grpcPort: number | "default" | "off";
  /** One more port for HTTP. */
  readonly tfservingPort: number | "off";
  /** One more port for gRPC. */
  readonly tfservingGrpcPort: number | "off";
  /** Names models too. */
  readonly modelConfigFile?: string;
  /** In its metadata. */
  readonly serverName?: string;
  readonly watch: boolean;
  readonly allowCode: boolean;
  readonly maxBodyBytes: number;
  readonly maxConcurrent: number;
  readonly logLevel: LevelWithSilent;
  /** After a native crash of the process before: where runs are recorded. */
  readonly recordFd?: number;
  /** Models whose runs took down the processes before. */
  readonly quarantined?: readonly Quarantined[];
}

const WATCH_INTERVAL_MS = 1_000;
/** A run that takes longer hangs: only the end of the process ends it. */
const MAX_RUN_MS = 120_000;

// What cannot be told, as on a full disk, must not end the server that it is about.
process.stderr.on("error", () => undefined);

await main(JSON.parse(process.argv[2]!) as ServeSettings);

async function main(settings: ServeSettings): Promise<void> {
  const { logger: log, logRequest: logOne } = await createLogger(settings.logLevel);
  const { recordFd, quarantined = [], serverName: name } = settings;
  if (recordFd !== undefined) recordRunsTo(recordFd);
  const host = createModelHost({
    quarantine: new Quarantine(quarantined, (lifted) =>
      process.send?.({ lifted } satisfies ServingMessage),
    ),
    paths: settings.paths,
    isolateTrials: true,
    allowCode: settings.allowCode,
    modelConfig:
      settings.modelConfigFile === undefined
        ? undefined
        : {
            path: settings.modelConfigFile,
            warn: (notice) => log.warn(notice),
          },
    observe: ({ kind, name, version, variant, reason, ms }) => {
      const line = {
        model: name,
        version,
        ...(variant && { variant }),
        ...(reason && { reason }),
        ...(ms && { ms: Math.round(ms) }),
      };
      if (kind === "failed") log.error(line, "model failed to load");
      else if (kind === "variantFailed") log.warn(line, "variant cannot be used");
      else if (kind === "notice") log.warn(line, "a part of the model is not acted on");
      else log.info(line, kind === "loaded" ? "model loaded" : "model unloaded");
    },
  });
  const limits: Limits = {
    ...defaultLimits(host.pool.machine.memoryBytes),
    maxBodyBytes: settings.maxBodyBytes,
    maxConcurrent: settings.maxConcurrent,
  };
  const active = new ActiveRequests(limits);
  let ready = false;
  let stopping = false;
  const logRequest = countErrors(host.metrics, logOne);
  const isReady = (): boolean => ready && !stopping;
  const isStopping = (): boolean => stopping;
  const context = { name, host, limits, active, isReady, isStopping, logRequest, log };
  const app = await openHttp(context, log);
  const tfservingApp = settings.tfservingPort === "off" ? undefined : await openHttp(context, log);
  let grpc: ListeningGrpc;
  let tfservingGrpc: ListeningGrpc;
  const close = async (): Promise<void> => {
    stopping = true;
    // Listening meanwhile: a probe that comes gets "not ready", and a request its answer.
    await awaitLastRequests([app, tfservingApp].flatMap((each) => each?.server ?? []));
    await active.settled();
    const closed = [app.close(), tfservingApp?.close(), grpc?.close(), tfservingGrpc?.close()];
    // What is left is answered, or is of a client that does not send its request to the end.
    await Promise.race([Promise.all(closed), sleep(limits.clientTimeoutMs)]);
    await active.settled();
  };
  stopOnSignals(close, host, log);

  // Listening at once: probes then get "not ready" instead of a refused connection.
  let port: number;
  let tfservingPort: number | "off" = "off";
  try {
    port = await listenForHttp(app, settings);
    if (tfservingApp && settings.tfservingPort !== "off") {
      const wanted = { host: settings.host, port: settings.tfservingPort };
      tfservingPort = await listenForHttp(tfservingApp, wanted, "--tfserving-port");
    }
    grpc = await listenForGrpc(context, log, settings);
    const more = { host: settings.host, grpcPort: settings.tfservingGrpcPort };
    tfservingGrpc = await listenForGrpc(context, log, more, "--tfserving-grpc-port");
    await host.registry.sync(false);
  } catch (error) {
    quit(error);
  }
  // What crashed the process before may have been all that there is: it says so when it is asked for.
  const mayBeEmpty = settings.watch || quarantined.length > 0;
  if ([...host.registry.served()].length === 0 && !mayBeEmpty) {
    const { paths, modelConfigFile = [] } = settings;
    const places = [paths, modelConfigFile].flat().join(", ");
    quit(new Error(`no model could be loaded from ${places}${whyNone(host)}`));
  }
  ready = true;
  const ports: ServingPorts = {
    port,
    grpcPort: grpc?.port ?? "off",
    tfservingPort,
    tfservingGrpcPort: tfservingGrpc?.port ?? "off",
  };
  process.send?.({ ready: ports } satisfies ServingMessage);
  announce(host.registry, settings.host, ports);

  if (settings.watch) watch(host, log);
  watchForHungRuns(host, log);
}

/** Why there is nothing to serve: the reason of each model, or where models are looked for. */
function whyNone({ registry }: ModelHost): string {
  const reasons = registry.index().map(({ name, reason }) => `\n  ${name}: ${reason}`);
  if (reasons.length > 0) return `:${reasons.join("")}`;
  return "; expected .onnx files, bundle folders (bundle.yaml beside model.onnx), or folders <model>/<version>/model.onnx with a number for a version";
}

/** The whole server over HTTP: all of them share their limits, and what readiness is. */
async function openHttp(
  context: Parameters<typeof answerDirectly>[1],
  log: Logger,
): Promise<FastifyInstance> {
  const app = await createHttpServer(context, log);
  answerDirectly(app, context, log);
  return app;
}

function quit(error: unknown): never {
  console.error(`longshore: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}

/**
 * The first signal: not ready at once, what was accepted or comes for a moment is answered, then
 * exit 0. The second: exit at once.
 */
function stopOnSignals(close: () => Promise<void>, host: ModelHost, log: Logger): void {
  let stopping = false;
  const stop = async (signal: string): Promise<void> => {
    if (stopping) endNow(log, { signal }, "stopping at once, whatever is being answered");
    stopping = true;
    log.info({ signal }, "stopping: answering what was accepted");
    await close();
    await host[Symbol.asyncDispose]();
    log.info("stopped");
    // Else the exit would wait for calls of bundles' code that nothing can interrupt.
    if (threadsLeftBehind() > 0) endNow(log, {}, "leaving threads behind that could not be ended");
    process.exit(0);
  };
  for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => void stop(signal));
  // The supervisor is gone, by whatever end: nobody would restart or stop this process any more.
  process.on("disconnect", () => {
    if (!stopping) void stop("the supervisor ended");
  });
}

/**
 * Ends the process now. `process.exit` would wait for the runs in the workers, which nothing can
 * interrupt.
 */
function endNow(log: Logger, details: object, reason: string): void {
  log.fatal(details, reason); // Unlike the others, this level is written before the call returns.
  process.kill(process.pid, "SIGKILL");
}

function watch({ registry }: ModelHost, log: Logger): void {
  let reported = "";
  const look = async (): Promise<void> => {
    try {
      await registry.sync(true);
      reported = "";
    } catch (error) {
      // Every second the same, such as of a folder that is not there for a while, is told once.
      const { message } = error as Error;
      if (message !== reported) log.error({ err: error }, "looking for new versions failed");
      reported = message;
    }
    setTimeout(look, WATCH_INTERVAL_MS);
  };
  setTimeout(look, WATCH_INTERVAL_MS);
}

function watchForHungRuns({ pool }: ModelHost, log: Logger): void {
  setInterval(() => {
    for (const lane of pool.lanes) {
      const { label, ms } = lane.oldest ?? { label: "", ms: 0 };
      if (ms < MAX_RUN_MS) continue;
      endNow(log, { model: label, ms: Math.round(ms) }, "a run hangs; restarting the process");
    }
  }, WATCH_INTERVAL_MS).unref();
}
