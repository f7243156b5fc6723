import ipaddr from "ipaddr.js";
import { base64Problem, isDnsLabel, isDnsSubdomain, parseDuration } from "@kubets/machinery";

type Check = (text: string) => boolean;

/** The forms of texts that are looked at; others in a schema are let pass, with a warning. Names without dashes, as upstream has them. */
const formats: ReadonlyMap<string, Check> = new Map<string, Check>([
  ["bsonobjectid", matching(/^[0-9a-fA-F]{24}$/)],
  ["uri", isRequestUri],
  ["email", isEmail],
  ["hostname", isHostname],
  ["ipv4", (text) => ipaddr.IPv4.isValidFourPartDecimal(text)],
  ["ipv6", (text) => text.includes(":") && !text.includes("%") && ipaddr.IPv6.isValid(text)],
  ["cidr", isRange],
  [
    "mac",
    matching(
      /^(?:[0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}$|^(?:[0-9a-fA-F]{2}[:-]){7}[0-9a-fA-F]{2}$|^(?:[0-9a-fA-F]{4}\.){2,3}[0-9a-fA-F]{4}$/,
    ),
  ],
  ["uuid", matching(/^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i)],
  ["uuid3", matching(/^[0-9a-f]{8}-?[0-9a-f]{4}-?3[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i)],
  ["uuid4", matching(/^[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/i)],
  ["uuid5", matching(/^[0-9a-f]{8}-?[0-9a-f]{4}-?5[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/i)],
  ["isbn", (text) => isIsbn10(text) || isIsbn13(text)],
  ["isbn10", isIsbn10],
  ["isbn13", isIsbn13],
  ["creditcard", isCreditCard],
  ["ssn", matching(/^\d{3}[- ]?\d{2}[- ]?\d{4}$/)],
  ["hexcolor", matching(/^#?(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/)],
  ["rgbcolor", isRgbColor],
  ["byte", (text) => text !== "" && base64Problem(text) === undefined],
  ["password", () => true],
  ["date", isDate],
  ["duration", isDuration],
  ["datetime", isDateTime],
  ["k8sshortname", (text) => isDnsLabel(text).length === 0],
  ["k8slongname", (text) => isDnsSubdomain(text).length === 0],
]);

/** How the form of a schema of texts is looked at; `undefined` for one that nobody knows. */
export function formatCheck(format: string): Check | undefined {
  return formats.get(format.replaceAll("-", ""));
}

/** Whether a form means something for values of a type; `""` for a schema that names none. */
export function isKnownFormat(type: string, format: string): boolean {
  switch (type) {
    case "":
    case "string":
      return formatCheck(format) !== undefined;
    case "integer":
      return format === "int32" || format === "int64";
    case "number":
      return format === "float" || format === "double";
    default:
      return false;
  }
}

function matching(expression: RegExp): Check {
  return (text) => expression.test(text);
}

function isRequestUri(text: string): boolean {
  // As Go's net/url.ParseRequestURI: absolute, or a path from the root.
  if (/[\s\p{Cc}]/u.test(text) || /%(?![0-9a-fA-F]{2})/.test(text)) return false;
  return text.startsWith("/") || text === "*" || /^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(text);
}

function isEmail(text: string): boolean {
  const address = /^[^<>]*<(?<inner>[^<>]+)>$/.exec(text)?.groups?.["inner"] ?? text;
  return /^(?:[\w!#$%&'*+/=?^`{|}~\-\u0080-\uffff]+(?:\.[\w!#$%&'*+/=?^`{|}~\-\u0080-\uffff]+)*|"[^"\\]*")@[^\s@<>()[\]\\,;:"]+$/.test(
    address.trim(),
  );
}

function isHostname(text: string): boolean {
  if (text.length > 255 || text === "") return false;
  const labels = text.split(".");
  const last = labels.at(-1)!;
  if (labels.length > 1 && !/^[a-zA-Z\p{L}]{2,63}$/u.test(last)) return false;
  return labels.every(
    (label) => label.length <= 63 && /^[a-zA-Z0-9\p{S}\p{L}](?:[-a-zA-Z0-9\p{S}\p{L}]*[a-zA-Z0-9\p{S}\p{L}])?$/u.test(label),
  );
}

function isRange(text: string): boolean {
  const slash = text.indexOf("/");
  if (slash < 0) return false;
  const [address, length] = [text.slice(0, slash), text.slice(slash + 1)];
  if (!/^(?:0|[1-9]\d{0,2})$/.test(length)) return false;
  if (ipaddr.IPv4.isValidFourPartDecimal(address)) return Number(length) <= 32;
  return address.includes(":") && !address.includes("%") && ipaddr.IPv6.isValid(address) && Number(length) <= 128;
}

function isIsbn10(text: string): boolean {
  const digits = text.replaceAll(/[\s-]+/g, "");
  if (!/^\d{9}[\dX]$/.test(digits)) return false;
  let sum = 0;
  for (let index = 0; index < 10; index++) sum += (10 - index) * (digits[index] === "X" ? 10 : Number(digits[index]));
  return sum % 11 === 0;
}

function isIsbn13(text: string): boolean {
  const digits = text.replaceAll(/[\s-]+/g, "");
  if (!/^\d{13}$/.test(digits)) return false;
  let sum = 0;
  for (let index = 0; index < 13; index++) sum += (index % 2 === 0 ? 1 : 3) * Number(digits[index]);
  return sum % 10 === 0;
}

const cards = /^(?:4\d{12}(?:\d{3})?|5[1-5]\d{14}|6(?:011|5\d\d)\d{12}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|(?:2131|1800|35\d{3})\d{11})$/;

function isCreditCard(text: string): boolean {
  const digits = text.replaceAll(/\D+/g, "");
  if (!cards.test(digits)) return false;
  let sum = 0;
  for (let index = 0; index < digits.length; index++) {
    const digit = Number(digits[digits.length - 1 - index]);
    const doubled = index % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

function isRgbColor(text: string): boolean {
  const parts =
    /^rgb\(\s*(?<r>0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*,\s*(?<g>0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*,\s*(?<b>0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*\)$/;
  return parts.test(text);
}

function isDate(text: string): boolean {
  const match = /^(?<year>\d{4})-(?<month>\d{2})-(?<day>\d{2})$/.exec(text);
  if (match?.groups === undefined) return false;
  const [year, month, day] = [Number(match.groups["year"]), Number(match.groups["month"]), Number(match.groups["day"])];
  if (month < 1 || month > 12 || day < 1) return false;
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return day <= days[month - 1]!;
}

const timeOfDay = /^(?<hour>\d{2}):(?<minute>\d{2}):(?<second>\d{2})(?:.\d+)?(?:z|[+-]\d{2}:\d{2})$/;

function isDateTime(text: string): boolean {
  const [date = "", time] = text.toLowerCase().split("t");
  if (time === undefined || !isDate(date)) return false;
  const match = timeOfDay.exec(time)?.groups;
  return match !== undefined && match["hour"]! <= "23" && match["minute"]! <= "59" && match["second"]! <= "59";
}

/** Go's durations, and the older form `2 days`. */
function isDuration(text: string): boolean {
  if (parseDuration(text) !== undefined) return true;
  const units = /^(?:ns|nano.*|us|µs|micro.*|ms|milli.*|s|sec.*|m|min.*|h|hr|hour.*|d|day.*|w|wk|week.*)$/i;
  for (const match of text.matchAll(/\d+\s*(?<unit>[A-Za-zµ]+)/g)) if (units.test(match.groups!["unit"]!)) return true;
  return false;
}
