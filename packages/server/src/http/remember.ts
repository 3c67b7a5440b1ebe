/** Results that are kept: a server has few paths, but callers may send any. */
const MAX_KEPT = 256;

/** Keeps what a pure function gave, for one that is asked about the same few strings all the time. */
export function remember<Result>(compute: (text: string) => Result): (text: string) => Result {
  const kept = new Map<string, Result>();
  return (text) => {
    let result = kept.get(text);
    if (result === undefined) {
      result = compute(text);
      if (kept.size === MAX_KEPT) kept.clear();
      kept.set(text, result);
    }
    return result;
  };
}
