/** What the order in a queue is decided by. */
export interface Urgency {
  /** 1 goes first. */
  readonly priority: number;
  /** Whether it waited for too long: it then goes behind those of its priority that did not. */
  readonly late: boolean;
  /** Counts requests in the order in which they came. */
  readonly sequence: number;
}

/** Whether one goes before another. */
export function isBefore(a: Urgency, b: Urgency): boolean {
  if (a.priority !== b.priority) return a.priority < b.priority;
  return a.late === b.late ? a.sequence < b.sequence : b.late;
}

/** Requests that may share a run, most urgent first, and how many rows they have. */
export class WaitingGroup<Entry extends Urgency & { readonly rows: number }> {
  readonly key: string;
  readonly #entries: Entry[] = [];
  #rows = 0;

  constructor(key: string) {
    this.key = key;
  }

  get length(): number {
    return this.#entries.length;
  }

  get rows(): number {
    return this.#rows;
  }

  /** The most urgent one. */
  get first(): Entry | undefined {
    return this.#entries[0];
  }

  /** All, most urgent first; not to be kept over a change. */
  get entries(): readonly Entry[] {
    return this.#entries;
  }

  add(entry: Entry): void {
    const entries = this.#entries;
    const last = entries.at(-1);
    this.#rows += entry.rows;
    // Almost always.
    if (last === undefined || isBefore(last, entry)) entries.push(entry);
    else entries.splice(this.#placeOf(entry), 0, entry);
  }

  /** Takes one out that is in; its urgency must be what it was when it was added. */
  remove(entry: Entry): void {
    this.#rows -= entry.rows;
    const place = this.#placeOf(entry);
    if (place === 0) this.#entries.shift();
    else this.#entries.splice(place, 1);
  }

  /** Takes the most urgent ones out. */
  take(count: number): Entry[] {
    const taken = this.#entries.splice(0, count);
    for (const entry of taken) this.#rows -= entry.rows;
    return taken;
  }

  /** Of the first that does not go before an entry: its own, where it is in. */
  #placeOf(entry: Urgency): number {
    let from = 0;
    let to = this.#entries.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (isBefore(this.#entries[middle]!, entry)) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}
