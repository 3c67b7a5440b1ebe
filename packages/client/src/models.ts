/** What one row of a model's inputs and outputs looks like, as `longshore types` writes it. */
export interface ModelTypes {
  readonly inputs: unknown;
  readonly outputs: unknown;
}

/** Models whose types are not known: anything goes. */
export type AnyModels = Readonly<Record<string, ModelTypes>>;

/** One row, or several. */
export type OneOrMany<Row> = Row | readonly Row[];

/** Something about a row that the caller should know, though it is answered. */
export interface Flag {
  /** Counted from 0. */
  readonly row: number;
  /** The input or output that it is about. */
  readonly field?: string;
  /** Such as `range`, `category`, `missing`, `distance`, `confidence`. */
  readonly rule: string;
  readonly message: string;
}

/** What a model answers. */
export interface Answer<Outputs> {
  /** The request's id, which finds it in the server's log. */
  readonly id: string;
  readonly model: string;
  readonly version: string;
  readonly outputs: Outputs;
  readonly flags?: readonly Flag[];
}
