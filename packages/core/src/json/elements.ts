import { DATATYPES, type Datatype, type TypedArray } from "../datatype.ts";
import { fail, type LongshoreError } from "../errors.ts";
import type { TensorData } from "../tensor.ts";
import type { JsonReader } from "./reader.ts";
import { STORES, storeNonFinite } from "./store.ts";

/** Numbers on their way from text to elements. Reading never waits, so that one is enough. */
const VALUES = new Float64Array(1024);

/** Where a protocol's elements are not those of plain JSON. */
export interface ElementDialect {
  /** Whether an integer must be written as one (`1.0` and `1e3` are none), and a bool as a word. */
  readonly strict: boolean;
  /** Reads the object that stands for an element of BYTES. @returns what is wrong with it, too. */
  readonly readText: (
    reader: JsonReader,
  ) => { readonly text: string } | { readonly problem: string };
}

/**
 * Collects the elements of one tensor from nested JSON arrays, straight into its typed array, and
 * finds the shape from the nesting.
 *
 * A value may come in one piece ({@link read} at depth 0), or row by row: `read` at depth 1 for
 * each row, in order, then {@link closeRows}.
 */
export class ElementReader {
  /** Lengths found so far, outermost first. */
  readonly shape: number[] = [];

  private readonly name: string;
  private readonly root: string;
  private readonly datatype: Datatype;
  private readonly maxElements: number;
  private readonly dialect: ElementDialect | undefined;
  private readonly takesNumbers: boolean;
  /** The elements; for BYTES `strings` holds them instead. */
  private target: TypedArray | undefined;
  private readonly strings: string[] = [];
  private used = 0;
  /** Depth at which elements stand; -1 before the first. */
  private leafDepth = -1;
  /** By depth: how many entries the array open there has had, which is the index of the next. */
  private readonly counts: number[] = [];

  /**
   * @param name the input's name, for messages.
   * @param root what messages call the value, as in `data[2][0]`.
   * @param capacity how many elements are expected; a wrong guess costs time only.
   * @param dialect none for plain JSON.
   */
  constructor(
    name: string,
    root: string,
    datatype: Datatype,
    capacity: number,
    maxElements: number,
    dialect?: ElementDialect,
  ) {
    this.dialect = dialect;
    this.takesNumbers = datatype !== "BYTES" && !(datatype === "BOOL" && dialect?.strict === true);
    this.name = name;
    this.root = root;
    this.datatype = datatype;
    this.maxElements = maxElements;
    const { array } = DATATYPES[datatype];
    if (array !== undefined) this.target = new array(Math.min(capacity, maxElements));
  }

  /**
   * Reads the value that comes next, of which `depth` enclosing arrays are already open.
   *
   * @throws LongshoreError INPUT_RAGGED, INPUT_ELEMENT, INPUT_TOO_LARGE, or the reader's.
   */
  read(reader: JsonReader, depth: number): void {
    if (reader.peek() === "array") this.readArray(reader, depth);
    else {
      this.enterLeaves(depth);
      this.readElement(reader);
    }
  }

  /** Says that the rows are complete: `count` becomes the first dimension. */
  closeRows(count: number): void {
    this.closeArray(0, count);
  }

  /** Says that row `index` follows. */
  openRow(index: number): void {
    this.counts[0] = index;
  }

  /** The row that was opened last. */
  get row(): number | undefined {
    return this.counts[0];
  }

  /** The elements in row-major order, in an array of exactly their number. */
  get data(): TensorData {
    const { target, used } = this;
    if (target === undefined) return this.strings;
    return target.length === used ? target : target.slice(0, used);
  }

  private readArray(reader: JsonReader, depth: number): void {
    if (this.leafDepth === depth) throw this.ragged(depth, "an element", "an array");
    reader.openArray();
    this.counts[depth] = 0;
    let count = 0;
    let more = reader.nextElement();
    while (more) {
      const kind = reader.peek();
      if (kind === "array") {
        this.readArray(reader, depth + 1);
        count++;
        more = reader.nextElement();
      } else {
        this.enterLeaves(depth + 1);
        const before = this.used;
        more = this.readRun(reader, kind === "number");
        count += this.used - before;
      }
      this.counts[depth] = count;
    }
    this.closeArray(depth, count);
  }

  private closeArray(depth: number, count: number): void {
    const known = this.shape[depth];
    if (known === undefined) {
      // Arrays around this one are still open: their lengths follow.
      while (this.shape.length < depth) this.shape.push(-1);
      this.shape[depth] = count;
    } else if (known === -1) this.shape[depth] = count;
    else if (known !== count) {
      throw this.ragged(depth, `an array of ${known}`, `an array of ${count}`);
    }
  }

  /** Notes that elements stand at a depth. */
  private enterLeaves(depth: number): void {
    if (this.leafDepth === depth) return;
    // An array that was closed at this depth, even an empty one, has settled that arrays stand here.
    if (this.leafDepth !== -1 || this.shape.length > depth) {
      throw this.ragged(depth, "an array", "an element");
    }
    this.leafDepth = depth;
  }

  /** Reads elements of one array as far as they come in one go; tells whether the array goes on. */
  private readRun(reader: JsonReader, numbers: boolean): boolean {
    const { datatype } = this;
    if (numbers && this.takesNumbers) {
      const precision = datatype === "FP32" ? "single" : this.isStrict() ? "integer" : "double";
      const count = reader.readNumbers(VALUES, precision);
      this.store(VALUES, count);
      if (count > 0 || !reader.open) return reader.open;
    }
    this.readElement(reader);
    return reader.nextElement();
  }

  /** Whether integers have to be looked at as they are written, unless they are plain. */
  private isStrict(): boolean {
    const { kind } = DATATYPES[this.datatype];
    return kind === "bigint" || (kind === "integer" && this.dialect?.strict === true);
  }

  private readElement(reader: JsonReader): void {
    const { datatype, dialect } = this;
    const kind = reader.peek();
    if (datatype === "BYTES" && kind === "string") {
      this.reserve(1);
      this.strings.push(reader.readString());
      this.used++;
    } else if (datatype === "BOOL" && kind === "boolean") {
      VALUES[0] = reader.readBoolean() ? 1 : 0;
      this.store(VALUES, 1);
    } else if (this.takesNumbers && kind === "number") {
      if (this.isStrict()) this.storeInteger(reader.readNumberText());
      else if (reader.atWord()) this.storeWord(reader.readNumber());
      else {
        VALUES[0] = reader.readNumber();
        this.store(VALUES, 1);
      }
    } else if (datatype === "BYTES" && kind === "object" && dialect !== undefined) {
      const read = dialect.readText(reader);
      if ("problem" in read) throw this.misfit(read.problem);
      this.reserve(1);
      this.strings.push(read.text);
      this.used++;
    } else {
      // So that `nan` is not taken for a null by its first letter.
      if (kind === "null") reader.readNull();
      throw this.misfit(
        kind === "string" ? "a string" : kind === "null" ? "null" : `a JSON ${kind}`,
      );
    }
  }

  private store(values: Float64Array, count: number): void {
    this.reserve(count);
    const misfit = STORES[this.datatype as Exclude<Datatype, "BYTES">](
      this.target as TypedArray,
      this.used,
      values,
      count,
    );
    if (misfit >= 0) {
      this.used += misfit;
      throw this.misfit(String(values[misfit]));
    }
    this.used += count;
  }

  /** Stores NaN or an infinity, where the reader takes the word for it. */
  private storeWord(value: number): void {
    this.reserve(1);
    if (!storeNonFinite(this.datatype, this.target as TypedArray, this.used, value))
      throw this.misfit(String(value));
    this.used++;
  }

  /**
   * Stores an integer that is not plainly below 2^53: any spelling of an integer will do, unless
   * the dialect is strict.
   */
  private storeInteger(text: string): void {
    const { kind, min, max } = DATATYPES[this.datatype];
    const isPlain = /^-?\d+$/.test(text);
    if (!isPlain && this.dialect?.strict) throw this.misfit(text);
    if (kind !== "bigint") {
      VALUES[0] = Number(text);
      return this.store(VALUES, 1);
    }
    let value: bigint | undefined;
    if (isPlain && text.length <= 21) value = BigInt(text);
    else if (Number.isSafeInteger(Number(text))) value = BigInt(Number(text));
    if (value === undefined || value < (min as bigint) || value > (max as bigint))
      throw this.misfit(text);
    this.reserve(1);
    (this.target as BigInt64Array | BigUint64Array)[this.used++] = value;
  }

  /** Makes room for more elements. */
  private reserve(count: number): void {
    const needed = this.used + count;
    if (needed > this.maxElements) {
      throw fail("INPUT_TOO_LARGE", {
        input: this.name,
        got: `at least ${needed}`,
        limit: this.maxElements,
      });
    }
    const { target } = this;
    const { array } = DATATYPES[this.datatype];
    if (target === undefined || array === undefined || needed <= target.length) return;
    const larger = new array(Math.min(Math.max(needed, target.length * 2), this.maxElements));
    larger.set(target as never);
    this.target = larger;
  }

  private misfit(got: string): LongshoreError {
    const expected = describe(this.datatype);
    return fail("INPUT_ELEMENT", { input: this.name, index: this.used, got, expected });
  }

  private ragged(depth: number, expected: string, got: string): LongshoreError {
    const where = this.counts.slice(0, depth).map((index) => `[${index}]`);
    return fail("INPUT_RAGGED", {
      input: this.name,
      where: this.root + where.join(""),
      expected,
      got,
    });
  }
}

/** What JSON values a data type takes, in words. */
function describe(datatype: Datatype): string {
  const { kind, min, max } = DATATYPES[datatype];
  if (kind === "string") return "a string";
  if (kind === "bool") return "true or false";
  if (kind === "float") return `a number in the range of ${datatype}`;
  return `an integer from ${min} to ${max} (${datatype})`;
}
