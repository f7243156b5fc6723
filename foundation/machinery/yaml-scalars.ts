// What Go's yaml.v2 makes of a plain scalar: YAML 1.1 with its own ideas, such as `y` for true and `1e3` for a number. Times stay
// texts, numbers to the base of 60 too.

/** What a plain scalar stands for. `merge` is the key `<<`. */
export type PlainScalar =
  | { readonly kind: "null" }
  | { readonly kind: "merge" }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "time" }
  | { readonly kind: "text" };

const words: ReadonlyMap<string, PlainScalar> = new Map([
  ...spellings({ kind: "boolean", value: true }, "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"),
  ...spellings({ kind: "boolean", value: false }, "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"),
  ...spellings({ kind: "null" }, "", "~", "null", "Null", "NULL"),
  ...spellings({ kind: "number", value: NaN }, ".nan", ".NaN", ".NAN"),
  ...spellings({ kind: "number", value: Infinity }, ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"),
  ...spellings({ kind: "number", value: -Infinity }, "-.inf", "-.Inf", "-.INF"),
  ...spellings({ kind: "merge" }, "<<"),
]);

function spellings(scalar: PlainScalar, ...texts: readonly string[]): readonly (readonly [string, PlainScalar])[] {
  return texts.map((text) => [text, scalar]);
}

const text: PlainScalar = { kind: "text" };
const time: PlainScalar = { kind: "time" };

export function resolvePlainScalar(source: string): PlainScalar {
  const word = words.get(source);
  if (word !== undefined) return word;
  if (!/^[-+.0-9]/.test(source) || source.length > longestNumber) return text;
  if (timestamp.test(source)) return time;
  const value = numberOf(source);
  return value === undefined ? text : { kind: "number", value };
}

/** Longer ones are text in all but name: no number of that many digits can be held. */
const longestNumber = 400;

const timestamp = /^\d{4}-\d\d?-\d\d?(?:(?:[Tt]|[ \t]+)\d\d?:\d\d?:\d\d?(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?)?$/;

function numberOf(source: string): number | undefined {
  if (source.startsWith(".")) return /^\.\d+(?:[eE][-+]?\d+)?$/.test(source) ? Number(source) : undefined;
  const plain = source.replaceAll("_", "");
  const [, sign = "", digits = ""] = /^([-+]?)(.*)$/s.exec(plain)!;
  const whole = wholeNumber(digits);
  if (whole !== undefined) return sign === "-" ? -whole : whole;
  return /^(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/.test(digits) ? Number(plain) : undefined;
}

/** As Go reads it: to the base that the prefix says; a leading zero means eight. */
function wholeNumber(digits: string): number | undefined {
  if (/^(?:0|[1-9]\d*)$/.test(digits)) return Number(digits);
  if (/^0[0-7]+$/.test(digits)) return Number.parseInt(digits, 8);
  if (/^0x[0-9a-f]+$/i.test(digits) || /^0b[01]+$/i.test(digits) || /^0o[0-7]+$/i.test(digits)) return Number(digits);
  return undefined;
}

/** Whether a text written without quotes would be read as something else. */
export function needsQuotes(source: string): boolean {
  return resolvePlainScalar(source).kind !== "text" || /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/.test(source);
}
