/** Standard operators that may give something else each time they are run. */
export const RANDOM_OPERATORS: ReadonlySet<string> = new Set([
  "Bernoulli",
  "Dropout",
  "Multinomial",
  "RandomNormal",
  "RandomNormalLike",
  "RandomUniform",
  "RandomUniformLike",
]);
