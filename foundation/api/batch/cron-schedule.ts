import { durationProblem, parseDuration } from "@kubets/machinery";

/** When a CronJob runs. */
export type CronSchedule =
  /** Whole seconds after the run before. */
  | { readonly every: number }
  | {
      readonly minutes: ReadonlySet<number>;
      readonly hours: ReadonlySet<number>;
      readonly daysOfMonth: ReadonlySet<number>;
      readonly months: ReadonlySet<number>;
      /** 0 is Sunday. */
      readonly daysOfWeek: ReadonlySet<number>;
      /** Whether either kind of day is enough, as when both are restricted; otherwise a day has to be of both. */
      readonly eitherDay: boolean;
    };

interface CronField {
  readonly least: number;
  readonly most: number;
  readonly names?: readonly string[];
}

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/** Minute, hour, day of the month, month, day of the week. */
const fields: readonly CronField[] = [
  { least: 0, most: 59 },
  { least: 0, most: 23 },
  { least: 1, most: 31 },
  { least: 1, most: 12, names: months },
  { least: 0, most: 6, names: weekdays },
];

const descriptors: ReadonlyMap<string, string> = new Map([
  ["@yearly", "0 0 1 1 *"],
  ["@annually", "0 0 1 1 *"],
  ["@monthly", "0 0 1 * *"],
  ["@weekly", "0 0 * * 0"],
  ["@daily", "0 0 * * *"],
  ["@midnight", "0 0 * * *"],
  ["@hourly", "0 * * * *"],
]);

/** Reads a schedule of which {@link cronProblem} says nothing; `undefined` for any other. */
export function parseCronSchedule(schedule: string): CronSchedule | undefined {
  if (cronProblem(schedule) !== undefined) return undefined;
  const text = schedule.trim();
  // A second is the least, and fractions of one don't count.
  if (text.startsWith("@every "))
    return { every: Math.max(1, Number((parseDuration(text.slice("@every ".length)) ?? 0n) / 1_000_000_000n)) };
  const parts = (descriptors.get(text) ?? text).split(/\s+/);
  const [minutes, hours, daysOfMonth, months, daysOfWeek] = parts.map((part, index) => numbersOf(part, fields[index]!)) as [
    ReadonlySet<number>,
    ReadonlySet<number>,
    ReadonlySet<number>,
    ReadonlySet<number>,
    ReadonlySet<number>,
  ];
  return { minutes, hours, daysOfMonth, months, daysOfWeek, eitherDay: !isAny(parts[2]!) && !isAny(parts[4]!) };
}

/** A star, also one among others, but not one with a step. */
function isAny(text: string): boolean {
  return text.split(",").some((part) => /^[*?](\/0*1)?$/.test(part));
}

function numbersOf(text: string, field: CronField): ReadonlySet<number> {
  const { least, most, names = [] } = field;
  const numbers = new Set<number>();
  for (const part of text.split(",").filter((each) => each !== "")) {
    const [range = "", step] = part.split("/");
    const [first = "", last] = range.split("-");
    const isStar = first === "*" || first === "?";
    const start = isStar ? least : numberOf(first, names, least)!;
    // A single number with a step goes on to the end.
    const end = last === undefined ? (isStar || step !== undefined ? most : start) : numberOf(last, names, least)!;
    for (let number = start; number <= end; number += Number(step ?? 1)) numbers.add(number);
  }
  return numbers;
}

/**
 * What is wrong with the schedule of a CronJob, in upstream's words where tools may know them; `undefined` when it is well-formed.
 *
 * @example
 * cronProblem("0 3 * * mon-fri"); // => undefined
 * cronProblem("0 3 * *"); // => "expected exactly 5 fields, found 4: [0 3 * *]"
 */
export function cronProblem(schedule: string): string | undefined {
  const text = schedule.trim();
  if (text === "") return "empty spec string";
  if (text.startsWith("@every ")) return durationProblem(text.slice("@every ".length));
  if (text.startsWith("@")) return descriptors.has(text) ? undefined : `unrecognized descriptor: ${text}`;
  const parts = text.split(/\s+/);
  if (parts.length !== fields.length) return `expected exactly 5 fields, found ${parts.length}: [${parts.join(" ")}]`;
  return firstProblem(parts, (part, index) => fieldProblem(part, fields[index]!));
}

function firstProblem(items: readonly string[], problemOf: (item: string, index: number) => string | undefined): string | undefined {
  for (const [index, item] of items.entries()) {
    const problem = problemOf(item, index);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function fieldProblem(text: string, field: CronField): string | undefined {
  return firstProblem(
    text.split(",").filter((part) => part !== ""),
    (part) => rangeProblem(part, field),
  );
}

/** A star, a number or name, or two of them with a dash between; each may have a step behind it. */
function rangeProblem(text: string, { least, most, names = [] }: CronField): string | undefined {
  const [range = "", step, ...moreSteps] = text.split("/");
  const ends = range.split("-");
  if (moreSteps.length > 0) return `too many slashes: ${text}`;
  if (ends.length > 2) return `too many hyphens: ${text}`;
  if (step !== undefined && !/^\d+$/.test(step)) return `failed to parse int from ${step}`;
  if (step !== undefined && Number(step) === 0) return `step of range should be a positive number: ${text}`;
  if (range === "*" || range === "?") return undefined;
  const numbers = ends.map((end) => numberOf(end, names, least));
  const unread = ends[numbers.indexOf(undefined)];
  if (unread !== undefined) return `failed to parse int from ${unread}`;
  const [start = 0, end = start] = numbers as readonly number[];
  if (start < least) return `beginning of range (${start}) below minimum (${least}): ${text}`;
  if (end > most) return `end of range (${end}) above maximum (${most}): ${text}`;
  return start > end ? `beginning of range (${start}) beyond end of range (${end}): ${text}` : undefined;
}

function numberOf(text: string, names: readonly string[], least: number): number | undefined {
  const name = names.indexOf(text.toLowerCase());
  if (name >= 0) return name + least;
  return /^\d+$/.test(text) ? Number(text) : undefined;
}
