import type { ServerContext } from "../../http/app.ts";
import { changeLog, describeLog, type LogLevel } from "../../http/logSettings.ts";
import { requireUntraced, UNTRACED } from "../../http/traceSettings.ts";
import { LOG_SETTINGS, TRACE_SETTINGS, type LogValue } from "../messages/service.ts";
import { unary, type Method } from "../transport/method.ts";
import { SERVICE } from "./names.ts";

/** The settings of the log, and those of tracing. */
export function settingMethods({ host }: ServerContext, log: LogLevel): Method[] {
  return [
    unary(`${SERVICE}/LogSettings`, LOG_SETTINGS, LOG_SETTINGS, ({ settings = {} }) => {
      changeLog(
        log,
        mapValues(
          settings,
          (value) => value.bool_param ?? value.uint32_param ?? value.string_param,
        ),
      );
      return { settings: mapValues({ ...describeLog(log.level) }, toLogValue) };
    }),
    unary(`${SERVICE}/TraceSetting`, TRACE_SETTINGS, TRACE_SETTINGS, (request) => {
      const { model_name: model = "", settings = {} } = request;
      if (model !== "") host.registry.get(model);
      // A setting without a value is one to be cleared.
      requireUntraced(mapValues(settings, ({ value = [] }) => (value.length > 0 ? value : null)));
      return { settings: mapValues(UNTRACED, (value) => ({ value: [value].flat() })) };
    }),
  ];
}

function toLogValue(value: boolean | number | string): LogValue {
  if (typeof value === "boolean") return { bool_param: value };
  return typeof value === "number" ? { uint32_param: value } : { string_param: value };
}

function mapValues<V, W>(
  values: Readonly<Record<string, V>>,
  change: (value: V) => W,
): Record<string, W> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value)]));
}
