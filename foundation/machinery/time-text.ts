import { formatTime, parseTime } from "./clock.ts";
import type { MicroTime, Time } from "./meta.ts";

/** The text that upstream answers for a time in any zone: UTC, whole seconds. `undefined` for what is no time. */
export function canonicalTime(text: string): Time | undefined {
  if (isCanonical(text)) return text;
  const instant = parseTime(text);
  return instant === undefined ? undefined : formatTime(instant);
}

/** Like {@link canonicalTime} with six fractional digits. Unlike upstream it takes any number of them. */
export function canonicalMicroTime(text: string): MicroTime | undefined {
  if (isCanonicalMicro(text)) return text;
  const instant = parseTime(text);
  if (instant === undefined) return undefined;
  // Not through the instant: a double can't hold every microsecond exactly.
  const fraction = /\.(\d{1,6})/.exec(text)?.[1] ?? "";
  return `${formatTime(instant).slice(0, 19)}.${fraction.padEnd(6, "0")}Z`;
}

/** What upstream says of a text that is no time. */
export function timeProblem(text: string): string {
  const quoted = JSON.stringify(text);
  let rest = text;
  for (const [layout, shape] of layoutOfTime) {
    const match = shape.exec(rest);
    if (match === null) {
      return `parsing time ${quoted} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(rest)} as ${JSON.stringify(layout)}`;
    }
    rest = rest.slice(match[0].length);
  }
  if (rest !== "") return `parsing time ${quoted}: extra text: ${JSON.stringify(rest)}`;
  const [, month = 0, , hour = 0, minute = 0, second = 0] = text.split(/[-T:.Z+]/).map(Number);
  const wrong = month < 1 || month > 12 ? "month" : hour > 23 ? "hour" : minute > 59 ? "minute" : second > 59 ? "second" : "day";
  return `parsing time ${quoted}: ${wrong} out of range`;
}

const layoutOfTime: readonly (readonly [layout: string, shape: RegExp])[] = [
  ["2006", /^\d{4}/],
  ["-", /^-/],
  ["01", /^\d\d/],
  ["-", /^-/],
  ["02", /^\d\d/],
  ["T", /^T/],
  ["15", /^\d\d/],
  [":", /^:/],
  ["04", /^\d\d/],
  [":", /^:/],
  ["05", /^\d\d(?:[.,]\d+)?/],
  ["Z07:00", /^(?:Z|[+-]\d\d:\d\d)/],
];

const shapeOfTime = "dddd-dd-ddTdd:dd:ddZ";
const shapeOfMicroTime = "dddd-dd-ddTdd:dd:dd.ddddddZ";
const daysOfMonth = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Answers for the usual form without making a Date: times are a good part of every object read. */
function isCanonical(text: string): boolean {
  return isOfShape(text, shapeOfTime) && isPlainTime(text);
}

function isCanonicalMicro(text: string): boolean {
  return isOfShape(text, shapeOfMicroTime) && isPlainTime(text);
}

function isOfShape(text: string, shape: string): boolean {
  if (text.length !== shape.length) return false;
  for (let index = 0; index < shape.length; index++) {
    const code = text.charCodeAt(index);
    if (shape.charCodeAt(index) === 0x64 ? code < 0x30 || code > 0x39 : code !== shape.charCodeAt(index)) return false;
  }
  return true;
}

function isPlainTime(text: string): boolean {
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  // The last days of February are left to the calendar.
  return (
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= daysOfMonth[month - 1]! &&
    twoDigits(text, 11) < 24 &&
    twoDigits(text, 14) < 60 &&
    twoDigits(text, 17) < 60
  );
}

function twoDigits(text: string, at: number): number {
  return (text.charCodeAt(at) - 0x30) * 10 + text.charCodeAt(at + 1) - 0x30;
}
