/** Rows for finding out about a model, and others for judging what came of it. */
export interface RowSplit {
  readonly calibration: readonly number[];
  readonly evaluation: readonly number[];
}

/**
 * Splits rows in two, always the same way. Each part is in a random order, as files are often
 * sorted by class: the first rows of a part are a fair sample of all.
 *
 * Calibration gets a fifth of the rows, and more than `atMost` do not pay. What is no more than a
 * run is in both parts: it is all there is.
 *
 * @param perRun rows that a run takes, where that is fixed: each part is a multiple of it. `count`
 *   is one too.
 */
export function splitRows(count: number, atMost: number, perRun = 1): RowSplit {
  const rows = shuffle(count);
  if (count <= perRun) return { calibration: rows, evaluation: rows };
  const runs = Math.floor(Math.min(atMost, count / 5) / perRun);
  const calibration = Math.max(1, runs) * perRun;
  return { calibration: rows.slice(0, calibration), evaluation: rows.slice(calibration) };
}

/** The numbers below `count` in an order that depends on `count` alone (Fisher and Yates). */
function shuffle(count: number): number[] {
  const rows = Array.from({ length: count }, (_, row) => row);
  const random = makeRandom(count);
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [rows[last], rows[other]] = [rows[other]!, rows[last]!];
  }
  return rows;
}

/** From 0 up to 1: a linear congruential generator (Numerical Recipes, 2nd edition, section 7.1). */
function makeRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
