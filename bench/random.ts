/**
 * Seeded source of uniform numbers in [0, 1), 32 bits each: a SplitMix generator (Steele, Lea,
 * Flood 2014, "Fast splittable pseudorandom number generators") with the 32-bit finaliser of
 * MurmurHash3. The same seed gives the same models and inputs on every machine.
 */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  };
}
