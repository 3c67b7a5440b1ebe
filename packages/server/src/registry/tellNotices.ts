import type { RegistryObserver } from "./entries.ts";
import type { ModelSource } from "./scan.ts";

/**
 * Tells what in models' settings is not acted on: once for all versions of a model, and again when
 * that changes.
 */
export function tellNotices(observe: RegistryObserver): (source: ModelSource) => void {
  const told = new Map<string, string>();
  return ({ name, version, notices = [] }) => {
    const all = notices.join("\n");
    if ((told.get(name) ?? "") === all) return;
    told.set(name, all);
    for (const reason of notices) observe({ kind: "notice", name, version, reason });
  };
}
