import { POWERS_OF_TEN } from "../json/decimal.ts";

/** Significant digits that are tried first: those of C's `%g`. */
const SHORT = 6;
/** Significant digits that any single, and any double, reads back from. */
const ENOUGH_FOR_SINGLE = 9;
const ENOUGH_FOR_DOUBLE = 17;
/** The most that `toExponential` gives; no tie of either precision needs as many. */
const EXACT = 100;

/**
 * A float as TensorFlow Serving writes it: `%g` with six digits where that reads back as the same
 * value, else with nine (single) or seventeen (double); `.0` after a whole number, so that a reader
 * takes it for no integer; NaN and the infinities as the bare words of JavaScript.
 *
 * Source: tensorflow/serving `util/json_tensor.cc`, `WriteDecimal`.
 */
export function floatText(value: number, isSingle: boolean): string {
  if (value !== value) return "NaN";
  const size = Math.abs(value);
  if (size === Infinity) return value < 0 ? "-Infinity" : "Infinity";
  const text = size === 0 ? "0.0" : positiveText(size, isSingle);
  return value < 0 || (value === 0 && 1 / value < 0) ? `-${text}` : text;
}

function positiveText(size: number, isSingle: boolean): string {
  // Exact for singles: none but a power of ten itself lies so near to one that the logarithm errs.
  const exponent = Math.floor(Math.log10(size));
  const scale = isSingle ? powerOfTen(SHORT - 1 - exponent) : undefined;
  if (scale !== undefined) {
    // A decimal of six digits that reads back is the only one to do so: no care for ties needed.
    const digits = Math.round(size * scale);
    if (Math.fround(digits / scale) === size) return layOut(digits, exponent, SHORT);
    const fine = powerOfTen(ENOUGH_FOR_SINGLE - 1 - exponent);
    if (fine !== undefined) {
      const scaled = size * fine;
      // Off by 2^-23 at most. Closer to a tie than that, exact arithmetic has to decide.
      if (Math.abs(scaled - Math.floor(scaled) - 0.5) > 1e-6)
        return layOut(Math.round(scaled), exponent, ENOUGH_FOR_SINGLE);
    }
  }
  const short = roundHalfEven(size, SHORT);
  const back = isSingle ? Math.fround(Number(short)) : Number(short);
  if (back === size) return fromExponential(short, SHORT);
  const enough = isSingle ? ENOUGH_FOR_SINGLE : ENOUGH_FOR_DOUBLE;
  return fromExponential(roundHalfEven(size, enough), enough);
}

/** 10^n where a double holds it exactly; where n is below 0, or too large, undefined. */
function powerOfTen(n: number): number | undefined {
  return n >= 0 ? POWERS_OF_TEN[n] : undefined;
}

/**
 * `digits × 10^(exponent + 1 - precision)` as `%g` lays it out.
 *
 * @param digits an integer of `precision` digits, or the power of ten that follows those.
 */
function layOut(digits: number, exponent: number, precision: number): string {
  const places = precision - 1 - exponent;
  const actual = digits >= 10 ** precision ? exponent + 1 : exponent;
  // A decimal of at most ten digits prints as itself when the nearest double is printed.
  if (actual >= -4 && actual < precision) {
    const text = String(digits / (POWERS_OF_TEN[places] as number));
    return text.includes(".") ? text : `${text}.0`;
  }
  const mantissa = digits / (POWERS_OF_TEN[actual + places] as number);
  return mantissa + exponentText(actual);
}

/** `toExponential(digits - 1)`, but a tie goes to the even digit, as in C. */
function roundHalfEven(size: number, precision: number): string {
  const up = size.toExponential(precision - 1);
  const longer = size.toExponential(precision);
  const [mantissa = "", exponent] = longer.split("e");
  if (!/[02468]\.?5$/.test(mantissa)) return up;
  const [exact = ""] = size.toExponential(EXACT).split("e");
  return /^0*$/.test(exact.slice(mantissa.length)) ? `${mantissa.slice(0, -1)}e${exponent}` : up;
}

/** What `toExponential` gave, as `%g` lays it out. */
function fromExponential(text: string, precision: number): string {
  const [mantissa = "", power] = text.split("e");
  const exponent = Number(power);
  const digits = mantissa.replace(".", "").replace(/0+$/, "");
  const first = digits[0] as string;
  if (exponent < -4 || exponent >= precision) {
    return `${digits.length > 1 ? `${first}.${digits.slice(1)}` : first}${exponentText(exponent)}`;
  }
  if (exponent < 0) return `0.${"0".repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  return `${whole}.${digits.slice(exponent + 1) || "0"}`;
}

/** `e+06`, `e-05`: a sign, and two digits at least. */
function exponentText(exponent: number): string {
  return `e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}
