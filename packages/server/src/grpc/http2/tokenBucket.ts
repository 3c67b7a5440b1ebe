/** Lets something happen so often at a time, and so often in the long run. */
export class TokenBucket {
  readonly #burst: number;
  readonly #perSecond: number;
  #tokens: number;
  #at = performance.now();

  constructor({ burst, perSecond }: { readonly burst: number; readonly perSecond: number }) {
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#tokens = burst;
  }

  /** @returns false where it may not happen now. */
  take(): boolean {
    const now = performance.now();
    const gained = ((now - this.#at) / 1000) * this.#perSecond;
    this.#at = now;
    this.#tokens = Math.min(this.#burst, this.#tokens + gained);
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
