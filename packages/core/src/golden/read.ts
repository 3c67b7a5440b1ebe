/** A request of `/predict` and the answer that the training framework gave. */
export interface GoldenExample {
  /** Of the file, counted from 1. */
  readonly line: number;
  /** The request's body. */
  readonly request: unknown;
  /** What the answer must say, at least: what is not mentioned may be anything. */
  readonly answer: unknown;
  /** Overrules the bundle's. */
  readonly tolerance: number | undefined;
}

/**
 * Reads golden examples, JSON Lines of `{"request": …, "answer": …, "tolerance"?: 0.001}`.
 *
 * @throws SyntaxError `line 3: …` for a line that is none.
 */
export function readGolden(text: string): GoldenExample[] {
  return text.split("\n").flatMap((content, index) => {
    const line = index + 1;
    return content.trim() === "" ? [] : [{ line, ...readLine(content, line) }];
  });
}

function readLine(content: string, line: number): Omit<GoldenExample, "line"> {
  const wrong = (problem: string): SyntaxError => new SyntaxError(`line ${line}: ${problem}`);
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (error) {
    throw wrong((error as Error).message);
  }
  if (typeof value !== "object" || value === null) throw wrong("expected an object");
  const { request, answer, tolerance } = value as Record<string, unknown>;
  if (request === undefined) throw wrong('the field "request" is missing');
  if (answer === undefined) throw wrong('the field "answer" is missing');
  const valid = tolerance === undefined || (typeof tolerance === "number" && tolerance >= 0);
  if (!valid) throw wrong("tolerance: expected a number that is not negative");
  return { request, answer, tolerance };
}
