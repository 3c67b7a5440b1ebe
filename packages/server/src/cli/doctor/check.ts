/** Something that was looked at, and what to do about it. */
export interface Check {
  readonly name: string;
  /** `warn`: serving works, but worse than it could; `fail`: it does not work. */
  readonly status: "ok" | "warn" | "fail";
  readonly detail: string;
  /** What to do; only where it is not ok. */
  readonly advice?: string;
}
