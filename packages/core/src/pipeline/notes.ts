/** Something about a row that the caller should know, though it is answered. */
export interface Flag {
  /** Counted from 0, among the rows of the call. */
  readonly row: number;
  /** The input or output that it is about; absent where it is about the row as a whole. */
  readonly field?: string;
  /** What was found: `range`, `category`, `missing`, `distance`, `confidence`, … */
  readonly rule: string;
  /** In words, with the value and what was expected. */
  readonly message: string;
}

/** Where an image's content ended up when it was resized: `there = here * scale + offset`. */
export interface Placement {
  /** Size of the image as it was sent, upright. */
  readonly width: number;
  readonly height: number;
  readonly scaleX: number;
  readonly scaleY: number;
  readonly offsetX: number;
  readonly offsetY: number;
  /** Size of what it became. */
  readonly intoWidth: number;
  readonly intoHeight: number;
}

/**
 * What the steps of one call leave for later steps and for the caller. Plain data: it travels
 * between threads.
 */
export interface Notes {
  readonly flags: Flag[];
  /** By the column that the images became, one a row. */
  readonly placements: Map<string, readonly Placement[]>;
}

export function newNotes(): Notes {
  return { flags: [], placements: new Map() };
}
