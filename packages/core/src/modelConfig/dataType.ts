import type { Datatype } from "../datatype.ts";
import type { DATA_TYPE } from "./messages/tensors.ts";
import { problem } from "./problem.ts";
import type { ValueOf } from "./table.ts";

/** A `DataType`. */
export type ConfigDataType = ValueOf<typeof DATA_TYPE>;

/** The name of a data type in a configuration. */
export function toConfigType(datatype: Datatype): ConfigDataType {
  return datatype === "BYTES" ? "TYPE_STRING" : `TYPE_${datatype}`;
}

/** The data type of a name. @throws ModelConfigProblem where there is none, or TYPE_INVALID. */
export function toDatatype(type: ConfigDataType | undefined, where: string): Datatype {
  if (type === undefined || type === "TYPE_INVALID")
    throw problem(where, "a data type", type ?? "");
  return type === "TYPE_STRING" ? "BYTES" : (type.slice("TYPE_".length) as Datatype);
}
