import { spawnSync } from "node:child_process";

/**
 * The first of some programs that is on this machine, for tests that need a real one.
 *
 * @returns its name and, if there is none, the reason to skip with: false when everything is
 *   required (`LONGSHORE_TEST_REQUIRE=all`), so that the test then fails instead.
 */
export function findProgram(...names: readonly string[]): {
  readonly program: string;
  readonly skip: string | false;
} {
  // OpenSSL wants its option without dashes.
  const isThere = (name: string): boolean =>
    ["--version", "version"].some((ask) => spawnSync(name, [ask]).status === 0);
  const program = names.find(isThere);
  if (program !== undefined) return { program, skip: false };
  const required = process.env["LONGSHORE_TEST_REQUIRE"] === "all";
  return { program: names[0]!, skip: required ? false : `${names.join(" or ")} is not installed` };
}
