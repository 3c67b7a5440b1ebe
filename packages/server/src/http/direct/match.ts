import type { InferenceCall, InferenceRoute } from "../inferenceRoute.ts";
import { remember } from "../remember.ts";

/** The route that takes a call, and what its path says. */
export interface Match {
  readonly route: InferenceRoute;
  readonly params: InferenceCall["params"];
}

/** Finds the route of a path that has neither a query nor an escape; undefined where there is none. */
export type FindRoute = (path: string) => Match | undefined;

export function toFindRoute(routes: readonly InferenceRoute[]): FindRoute {
  const patterns = routes.map((route) => ({
    route,
    pattern: new RegExp(
      `^${route.path.replace(/:(\w+)/g, "(?<$1>[\\w.-]+)").replace(/\*$/, "[\\w./:-]+")}$`,
    ),
  }));
  return remember((path) => {
    for (const { route, pattern } of patterns) {
      const match = pattern.exec(path);
      if (match !== null) return { route, params: (match.groups ?? {}) as { model: string } };
    }
    return undefined;
  });
}
