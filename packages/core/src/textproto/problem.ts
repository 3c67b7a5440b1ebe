/** Where something stands in a text; both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** What is wrong with a text, and where. */
export class TextProtoProblem extends Error {
  override readonly name: string = "TextProtoProblem";
  readonly place: Place;
  /** The message without the place. */
  readonly problem: string;

  /** @param problem a clause; the message tells the place before it. */
  constructor(place: Place, problem: string) {
    super(`${formatPlace(place)}: ${problem}`);
    this.place = place;
    this.problem = problem;
  }
}

/** `line 3, column 5`, as messages begin. */
export function formatPlace({ line, column }: Place): string {
  return `line ${line}, column ${column}`;
}
