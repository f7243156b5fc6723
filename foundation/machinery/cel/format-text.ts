import { toText } from "./conversions.ts";
import { CelEvaluationError, failure } from "./errors.ts";
import { typeName } from "./types.ts";
import { CelDouble, CelList, CelMap, CelTypeValue, CelUint, typeOf, type CelValue } from "./values.ts";

/**
 * What `format.format([…])` makes of a text with clauses: `%s` any value, `%d` a number, `%f` and `%e` with digits after the point
 * (`%.3f`), `%b` `%o` `%x` `%X` in another base, `%%` the sign itself.
 */
export function formatText(format: string, args: CelList): string {
  return formatWith(format, args, (text) => text);
}

/**
 * The same as Kubernetes has it: numbers of `%f` and `%e` are written for people, in the English of the United States:
 * `1,234.500000`, `3.140000×10⁰⁰`.
 */
export function formatTextLocally(format: string, args: CelList): string {
  return formatWith(format, args, locally);
}

function locally(text: string): string {
  if (!/^-?[0-9]/.test(text)) return text === "Infinity" || text === "-Infinity" ? text.replace("Infinity", "∞") : text;
  const [digits, exponent] = text.split("e") as [string, string?];
  const [whole, ...fraction] = digits.split(".") as [string, ...string[]];
  const grouped = [whole.replaceAll(/(?<=[0-9])(?=(?:[0-9]{3})+$)/g, ","), ...fraction].join(".");
  if (exponent === undefined) return grouped;
  const raised = Array.from(exponent.replace("+", ""), (character) => (character === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(character)]!));
  return `${grouped}×10${raised.join("")}`;
}

function formatWith(format: string, args: CelList, localize: (text: string) => string): string {
  let next = 0;
  let result = "";
  let at = 0;
  for (let sign = format.indexOf("%"); sign >= 0; sign = format.indexOf("%", at)) {
    result += format.slice(at, sign);
    if (format[sign + 1] === "%") {
      result += "%";
      at = sign + 2;
      continue;
    }
    if (next >= args.size) throw failure(`index ${next} out of range`);
    if (sign + 1 >= format.length) throw failure("unexpected end of string");
    const { precision, clause, end } = readClause(format, sign + 1);
    result += during(() => formatClause(args.at(next), clause, precision, localize));
    next++;
    at = end;
  }
  return result + format.slice(at);
}

const defaultPrecision = 6;
const mostPrecision = 100;

function readClause(format: string, at: number): { readonly precision: number; readonly clause: string; readonly end: number } {
  const problem = (what: string): CelEvaluationError => failure(`could not parse formatting clause: ${what}`);
  const dotted = format[at] === ".";
  const digits = dotted ? /^[0-9]*/.exec(format.slice(at + 1))![0] : "";
  const place = at + (dotted ? digits.length + 1 : 0);
  const clause = format[place];
  if (clause === undefined) throw problem("error while parsing precision: could not find end of precision specifier");
  const precision = dotted ? Number(digits) : defaultPrecision;
  if (dotted && digits === "") {
    throw problem('error while parsing precision: error while converting precision to integer: strconv.Atoi: parsing "": invalid syntax');
  }
  if (precision > mostPrecision) {
    throw problem(`error while parsing precision: precision ${precision} exceeds maximum allowed precision ${mostPrecision}`);
  }
  if (!"sdfebxXo".includes(clause)) throw problem(`unrecognized formatting clause "${clause}"`);
  return { precision, clause, end: place + 1 };
}

function during(format: () => string): string {
  try {
    return format();
  } catch (error) {
    throw error instanceof CelEvaluationError ? failure(`error during formatting: ${error.message}`) : error;
  }
}

function formatClause(value: CelValue, clause: string, precision: number, localize: (text: string) => string): string {
  switch (clause) {
    case "s":
      return formatString(value);
    case "d":
      return formatDecimal(value);
    case "f":
      return localize(formatNumber(value, "fixed-point clause", (number) => fixedPoint(number, precision)));
    case "e":
      return localize(formatNumber(value, "scientific clause", (number) => scientific(number, precision)));
    case "b":
      return typeof value === "boolean" ? String(Number(value)) : inBase(value, 2, "only integers and bools can be formatted as binary");
    case "o":
      return inBase(value, 8, "octal clause can only be used on integers");
    default: {
      const text = hexadecimal(value);
      return clause === "X" ? text.toUpperCase() : text;
    }
  }
}

function formatString(value: CelValue): string {
  if (value === null) return "null";
  if (value instanceof CelDouble) return plainDouble(value.value);
  if (value instanceof CelTypeValue) return typeName(value.type);
  if (value instanceof CelList) return `[${[...value].map(formatString).join(", ")}]`;
  if (value instanceof CelMap) {
    const entries = [...value.keys()].map((key) => [formatString(key), formatString(value.get(key)!)] as const);
    entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${entries.map(([key, each]) => `${key}: ${each}`).join(", ")}}`;
  }
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  try {
    return toText(value);
  } catch (error) {
    if (!(error instanceof CelEvaluationError)) throw error;
    const types = "strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps";
    throw failure(`string clause can only be used on ${types}, was given ${typeName(typeOf(value))}`);
  }
}

function formatDecimal(value: CelValue): string {
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  if (value instanceof CelUint) return String(value.value);
  if (value instanceof CelDouble) return plainDouble(value.value);
  throw failure(`decimal clause can only be used on integers and doubles, was given ${typeName(typeOf(value))}`);
}

function special(value: number): string | undefined {
  if (Number.isNaN(value)) return "NaN";
  return Number.isFinite(value) ? undefined : value < 0 ? "-Infinity" : "Infinity";
}

/** All digits, without an exponent. */
function plainDouble(value: number): string {
  const text = special(value) ?? (Object.is(value, -0) ? "-0" : String(value));
  const [digits, exponent] = text.split("e");
  if (exponent === undefined || special(value) !== undefined) return text;
  const sign = digits!.startsWith("-") ? "-" : "";
  const [whole, fraction = ""] = digits!.replace("-", "").split(".") as [string, string?];
  const power = Number(exponent);
  if (power < 0) return `${sign}0.${"0".repeat(-power - 1)}${whole}${fraction}`;
  return sign + (whole + fraction).padEnd(power + 1, "0");
}

function formatNumber(value: CelValue, clause: string, write: (number: number) => string): string {
  const number =
    typeof value === "number" || typeof value === "bigint"
      ? Number(value)
      : value instanceof CelUint
        ? Number(value.value)
        : value instanceof CelDouble
          ? value.value
          : undefined;
  if (number === undefined) throw failure(`${clause} can only be used on doubles, was given ${typeName(typeOf(value))}`);
  return special(number) ?? write(number);
}

/** `toFixed` gives up at 10^21, where no double has a fraction any more. */
function fixedPoint(value: number, precision: number): string {
  if (Math.abs(value) >= 1e21) return `${BigInt(value)}${precision === 0 ? "" : `.${"0".repeat(precision)}`}`;
  const magnitude = Math.abs(value);
  const rounded = evenly(magnitude.toFixed(precision), magnitude.toFixed(Math.min(100, precision + 60)), precision);
  return (value < 0 || Object.is(value, -0) ? "-" : "") + rounded;
}

/**
 * JavaScript rounds halves up, Go to the even digit. `exact` has so many digits that what looks like a half is one.
 */
function evenly(rounded: string, exact: string, precision: number): string {
  const point = exact.indexOf(".");
  const half = point >= 0 && /^50*$/.test(exact.slice(point + 1 + precision));
  if (!half) return rounded;
  const down = exact.slice(0, point + (precision === 0 ? 0 : 1 + precision));
  return Number(down.at(-1)) % 2 === 0 ? down : rounded;
}

function scientific(value: number, precision: number): string {
  const [digits, exponent] = Math.abs(value).toExponential(precision).split("e") as [string, string];
  const exact = Math.abs(value)
    .toExponential(Math.min(100, precision + 60))
    .split("e", 1)[0]!;
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  return `${sign}${evenly(digits, exact, precision)}e${exponent[0]}${exponent.slice(1).padStart(2, "0")}`;
}

function inBase(value: CelValue, base: number, complaint: string): string {
  if (typeof value === "number" || typeof value === "bigint") return value.toString(base);
  if (value instanceof CelUint) return value.value.toString(base);
  throw failure(`${complaint}, was given ${typeName(typeOf(value))}`);
}

function hexadecimal(value: CelValue): string {
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
  if (bytes instanceof Uint8Array) return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return inBase(value, 16, "only integers, byte buffers, and strings can be formatted as hex");
}
