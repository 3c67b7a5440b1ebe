/**
 * The `longshore` command.
 *
 * Commands are loaded when they are called: the help is instant, and the process that supervises a
 * server holds no more than it needs.
 */
import { version } from "../version.ts";
import { enableCompileCache, getCompileCacheDir } from "node:module";
import { UsageError } from "./arguments.ts";
import { nearestName } from "@longshore/core";

/** What the module of a command exports. */
interface CommandModule {
  /** What `longshore help <command>` prints. */
  readonly help: string;
  /** @returns the exit code: 0 only when all that was asked for was done. */
  run(args: string[]): Promise<number>;
}

interface Command {
  readonly name: string;
  readonly summary: string;
  load(): Promise<CommandModule>;
}

const COMMANDS: readonly Command[] = [
  { name: "serve", summary: "Serve models over HTTP and gRPC", load: () => import("./serve.ts") },
  {
    name: "predict",
    summary: "Run data through a model or a running server",
    load: () => import("./predict.ts"),
  },
  {
    name: "inspect",
    summary: "Show what a model takes, gives and consists of",
    load: () => import("./inspect.ts"),
  },
  {
    name: "init",
    summary: "Write a first bundle.yaml for a model",
    load: () => import("./init.ts"),
  },
  {
    name: "check",
    summary: "Check bundles: files, graph, pipeline, golden examples",
    load: () => import("./check.ts"),
  },
  {
    name: "pack",
    summary: "Pack a bundle into one file with a digest",
    load: () => import("./pack.ts"),
  },
  {
    name: "unpack",
    summary: "Unpack such a file safely",
    load: () => import("./unpack.ts"),
  },
  {
    name: "types",
    summary: "Write TypeScript types of models for a client",
    load: () => import("./types.ts"),
  },
  {
    name: "optimize",
    summary: "Find a faster or smaller form of a model, and prove it",
    load: () => import("./optimize.ts"),
  },
  {
    name: "build",
    summary: "Put a bundle's steps into its model's graph, and prove it",
    load: () => import("./build.ts"),
  },
  {
    name: "verify",
    summary: "Ask a bundle and its variants their golden examples",
    load: () => import("./verify.ts"),
  },
  {
    name: "profile",
    summary: "Write what a bundle's training data look like",
    load: () => import("./profile.ts"),
  },
  {
    name: "doctor",
    summary: "Check this machine, and what serve would choose on it",
    load: () => import("./doctor.ts"),
  },
];

const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

// A reader that has seen enough (`| head`) closes the pipe: that is no failure of ours. Commands are
// left to end by themselves, as a worker must not be torn down in the middle of a run.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});
// Compiled code is kept between starts (in the system's folder for temporary files): the server's
// processes then start in about two thirds of the time. They are told by the environment.
enableCompileCache();
const compileCache = getCompileCacheDir();
if (compileCache !== undefined) process.env["NODE_COMPILE_CACHE"] = compileCache;

process.exitCode = await main(process.argv.slice(2));

async function main([first, ...rest]: string[]): Promise<number> {
  if (first === undefined) {
    console.error(overview());
    return EXIT.usage;
  }
  if (first === "--version" || first === "-v") return print(version);
  if (first === "--help" || first === "-h") return print(overview());
  try {
    if (first === "help")
      return print(rest[0] === undefined ? overview() : (await find(rest[0]).load()).help);
    const { help, run } = await find(first).load();
    return asksForHelp(rest) ? print(help) : await run(rest);
  } catch (error) {
    return report(error, first);
  }
}

function overview(): string {
  const width = Math.max(...COMMANDS.map((command) => command.name.length));
  const commands = COMMANDS.map(({ name, summary }) => `  ${name.padEnd(width)}   ${summary}`);
  return `longshore ${version}: a trained model becomes a production endpoint

Usage: longshore <command> …

${commands.join("\n")}

  longshore help <command>   options and examples of a command
  longshore --version        version of this program

Start with: longshore serve model.onnx`;
}

function find(name: string): Command {
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (command !== undefined) return command;
  const names = COMMANDS.map((candidate) => candidate.name);
  const close = nearestName(name, names);
  throw new UsageError(
    name.startsWith("-")
      ? `unknown option "${name}"`
      : `unknown command "${name}"; ${close === undefined ? `use one of ${names.join(", ")}` : `did you mean "${close}"?`}`,
  );
}

/** After `--`, a `--help` is an operand like any other. */
function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return (end < 0 ? args : args.slice(0, end)).some((arg) => arg === "--help" || arg === "-h");
}

function print(text: string): number {
  console.log(text);
  return EXIT.ok;
}

function report(error: unknown, command: string): number {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof UsageError) {
    const known = COMMANDS.some(({ name }) => name === command);
    console.error(`longshore: ${message}\nSee: longshore ${known ? `${command} ` : ""}--help`);
    return EXIT.usage;
  }
  console.error(`longshore: ${message}`);
  if (process.env["LONGSHORE_DEBUG"] === "1") console.error(error);
  return EXIT.failed;
}
