import type { Place } from "../textproto/index.ts";

/** What is wrong with a configuration, and where: `instance_group[0].kind: …`. */
export class ModelConfigProblem extends Error {
  override readonly name: string = "ModelConfigProblem";
  /** The field that is meant: `instance_group[0].kind`; empty for the whole. */
  readonly where: string;
  /** Where that stands, in a configuration that was read from text. */
  readonly place: Place | undefined;

  /** @param problem a clause; the message tells the field before it. */
  constructor(where: string, problem: string, place?: Place) {
    super(where === "" ? problem : `${where}: ${problem}`);
    this.where = where;
    this.place = place;
  }

  /** The same problem, where its field stands. */
  withPlace(place: Place): ModelConfigProblem {
    const { where, message } = this;
    const clause = where === "" ? message : message.slice(where.length + 2);
    return new ModelConfigProblem(where, clause, place);
  }
}

/** The error for a value that is not what it should be. */
export function problem(where: string, expected: string, value: unknown): ModelConfigProblem {
  return new ModelConfigProblem(where, `expected ${expected}, got ${JSON.stringify(value)}`);
}
