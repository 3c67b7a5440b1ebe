import type { ModelSource } from "./scan.ts";

/**
 * Chooses the versions of a model to serve, as its manifest's `versions` says; by default the
 * latest one.
 *
 * @returns candidates in the order to try, and how many of them to serve: of the "latest 1", an
 *   older version answers when the newest cannot be loaded.
 */
export function selectVersions(sources: readonly ModelSource[]): {
  candidates: readonly ModelSource[];
  count: number;
} {
  const newestFirst = sources.toSorted((a, b) => Number(b.version) - Number(a.version));
  const policy = newestFirst[0]?.manifest.versions ?? { latest: 1 };
  if (policy === "all") return { candidates: newestFirst, count: newestFirst.length };
  if ("latest" in policy) return { candidates: newestFirst, count: policy.latest };
  const wanted = newestFirst.filter(({ version }) => policy.includes(Number(version)));
  return { candidates: wanted, count: wanted.length };
}
