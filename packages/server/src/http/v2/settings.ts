import type { FastifyInstance } from "fastify";
import { fail } from "@longshore/core";
import type { ServerContext } from "../app.ts";
import { changeLog, describeLog } from "../logSettings.ts";
import { requireUntraced, UNTRACED } from "../traceSettings.ts";
import { readFields } from "./jsonBody.ts";

interface ModelParams {
  Params: { model?: string };
}

/** The logging and trace extensions. */
export async function settingRoutes(
  app: FastifyInstance,
  { host, limits, log }: ServerContext,
): Promise<void> {
  app.get("/v2/logging", async () => describeLog((log ?? app.log).level));
  app.post("/v2/logging", async (request) => {
    const wanted = readFields(request.body, limits.maxDepth);
    if (log !== undefined) changeLog(log, wanted);
    else if (Object.keys(wanted).length > 0) {
      const instead = "the log is that of the application that this server is part of";
      throw fail("PARAMETER_UNSUPPORTED", { parameter: "log_*", where: "", instead });
    }
    return describeLog((log ?? app.log).level);
  });

  for (const path of ["/v2/trace/setting", "/v2/models/:model/trace/setting"]) {
    const requireModel = ({ model }: ModelParams["Params"]): void => {
      if (model !== undefined) host.registry.get(model);
    };
    app.get<ModelParams>(path, async ({ params }) => {
      requireModel(params);
      return UNTRACED;
    });
    app.post<ModelParams>(path, async ({ params, body }) => {
      requireModel(params);
      requireUntraced(readFields(body, limits.maxDepth));
      return UNTRACED;
    });
  }
}
