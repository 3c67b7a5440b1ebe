/**
 * Channels in sets that can only be removed together, as a union-find: channels that an Add brings
 * together end up in one set, and one that must stay keeps all of its set.
 */
export class Units {
  readonly #parents: number[] = [];
  /** Why a set must stay, by its root. */
  readonly #reasons = new Map<number, string>();

  /** New units, each in a set of its own. */
  create(count: number): number[] {
    const first = this.#parents.length;
    for (let unit = first; unit < first + count; unit++) this.#parents.push(unit);
    return Array.from({ length: count }, (_, index) => first + index);
  }

  /** The one unit that stands for the whole set. */
  find(unit: number): number {
    let root = unit;
    while (this.#parents[root] !== root) root = this.#parents[root]!;
    for (let at = unit; at !== root;) {
      const next = this.#parents[at]!;
      this.#parents[at] = root;
      at = next;
    }
    return root;
  }

  /** Ties units at the same position of two lists to each other. */
  join(some: readonly number[], others: readonly number[]): void {
    for (const [index, unit] of some.entries()) this.#tie(unit, others[index]!);
  }

  /** Ties all units of a list to each other. */
  joinAll(units: readonly number[]): void {
    for (const unit of units) this.#tie(units[0]!, unit);
  }

  #tie(unit: number, other: number): void {
    const [root, joined] = [this.find(unit), this.find(other)];
    if (root === joined) return;
    this.#parents[joined] = root;
    const reason = this.#reasons.get(root) ?? this.#reasons.get(joined);
    if (reason !== undefined) this.#reasons.set(root, reason);
  }

  /** Makes units stay, and with them their sets. The first reason is the one that is told. */
  freeze(units: readonly number[], reason: string): void {
    for (const unit of units) {
      const root = this.find(unit);
      if (!this.#reasons.has(root)) this.#reasons.set(root, reason);
    }
  }

  /** Why a unit must stay; undefined if it need not. */
  reason(unit: number): string | undefined {
    return this.#reasons.get(this.find(unit));
  }
}
