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

/**
 * Which version of Go's library reads: `yaml.v2`, as servers and clients do, or `yaml.v3`, as tools do that work on the nodes of a text.
 * To the latter words such as `on` and `y` are texts.
 */
export type YamlDialect = "yaml.v2" | "yaml.v3";

const words: ReadonlyMap<string, PlainScalar> = new Map([
  ...spellings({ kind: "boolean", value: true }, "true", "True", "TRUE"),
  ...spellings({ kind: "boolean", value: false }, "false", "False", "FALSE"),
  ...spellings({ kind: "null" }, "", "~", "null", "Null", "NULL"),
  ...spellings({ kind: "number", value: NaN }, ".nan", ".NaN", ".NAN"),
  ...spellings({ kind: "number", value: Infinity }, ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"),
  ...spellings({ kind: "number", value: -Infinity }, "-.inf", "-.Inf", "-.INF"),
  ...spellings({ kind: "merge" }, "<<"),
]);

const olderWords: ReadonlyMap<string, PlainScalar> = new Map([
  ...spellings({ kind: "boolean", value: true }, "y", "Y", "yes", "Yes", "YES", "on", "On", "ON"),
  ...spellings({ kind: "boolean", value: false }, "n", "N", "no", "No", "NO", "off", "Off", "OFF"),
]);

function spellings(scalar: PlainScalar, ...texts: readonly string[]): readonly (readonly [string, PlainScalar])[] {
  return texts.map((text) => [text, scalar]);
}

const text: PlainScalar = { kind: "text" };
const time: PlainScalar = { kind: "time" };

export function resolvePlainScalar(source: string, dialect: YamlDialect = "yaml.v2"): PlainScalar {
  const word = words.get(source) ?? (dialect === "yaml.v2" ? olderWords.get(source) : undefined);
  if (word !== undefined) return word;
  if (!/^[-+.0-9]/.test(source) || source.length > longestNumber) return text;
  if (timestamp.test(source)) return time;
  const value = numberOf(source);
  return value === undefined ? text : { kind: "number", value };
}

/** Longer ones are text in all but name: no number of that many digits can be held. */
const longestNumber = 400;

const timestamp = /^\d{4}-\d\d?-\d\d?(?:(?:[Tt]|[ \t]+)\d\d?:\d\d?:\d\d?(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?)?$/;

/** The time that a scalar of the kind `time` names, as RFC 3339 writes it; the source itself when there is no such day or hour. */
export function timeOfScalar(source: string): string {
  const [, year, month = "", day = "", hour = "0", minute = "0", second = "0", fraction = "", zone = "Z"] = timeParts.exec(source) ?? [];
  if (year === undefined) return source;
  const isTime = Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60;
  const days = [31, isLeap(Number(year)) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  if (!isTime || Number(day) < 1 || Number(day) > (days[Number(month) - 1] ?? 0)) return source;
  const [m, d, h, min, s] = [month, day, hour, minute, second].map((part) => part.padStart(2, "0"));
  return `${year}-${m}-${d}T${h}:${min}:${s}${fraction.replace(/\.?0*$/, "")}${zone === "+00:00" || zone === "-00:00" ? "Z" : zone}`;
}

/** With `T` a zone must follow, with a space none may: these are the forms that Go tries. */
const timeParts =
  /^(\d{4})-(\d\d?)-(\d\d?)(?:(?:[Tt](?=.*(?:Z|[-+]\d\d:\d\d)$)| (?!.*(?:Z|[-+]\d\d:\d\d)$))(\d\d?):(\d\d?):(\d\d?)(\.\d+)?(Z|[-+]\d\d:\d\d)?)?$/;

const isLeap = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;

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
