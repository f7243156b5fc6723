import { UsageError } from "../errors.ts";

/** An option of a command, as Go's pflag reads it. */
export interface Flag {
  readonly name: string;
  readonly short?: string;
  readonly takes: "nothing" | "text" | "texts" | "number";
  /** The value when the flag stands alone, for those that may (`--dry-run`, `--cascade`); the next word is then no value. */
  readonly bare?: string;
}

/** What was given on the command line. */
export interface FlagValues {
  has(name: string): boolean;
  text(name: string): string | undefined;
  /** Every value, in order; those of one word are separated by commas. */
  texts(name: string): readonly string[];
  number(name: string): number | undefined;
  /** A flag that takes nothing: whether it is set. */
  is(name: string, otherwise?: boolean): boolean;
}

export interface ParsedCommandLine {
  readonly flags: FlagValues;
  readonly args: readonly string[];
  /** How many of `args` stand before `--`; undefined without one. */
  readonly dash: number | undefined;
}

/**
 * Reads words as flags and arguments: `--name=x`, `--name x`, `-n x`, `-n=x`, `-nx`, `-it`, `--` ends the flags.
 *
 * Throws a {@link UsageError} for a flag that is not in `known`. With `stopAtArgument`, everything from the first argument on is one.
 */
export function parseCommandLine(
  words: readonly string[],
  known: readonly Flag[],
  { stopAtArgument = false }: { readonly stopAtArgument?: boolean } = {},
): ParsedCommandLine {
  const given = new Map<string, string[]>();
  const args: string[] = [];
  let dash: number | undefined;
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!;
    if (word === "--") {
      dash = args.length;
      args.push(...words.slice(index + 1));
      break;
    }
    if (!word.startsWith("-") || word === "-") {
      if (stopAtArgument) {
        args.push(...words.slice(index));
        break;
      }
      args.push(word);
      continue;
    }
    const next = (what: string): string => {
      index++;
      const value = words[index];
      if (value === undefined) throw new UsageError(`flag needs an argument: ${what}`);
      return value;
    };
    for (const { flag, value } of word.startsWith("--") ? readLong(word, known, next) : readShort(word, known, next)) {
      checkValue(flag, value);
      given.set(flag.name, [...(given.get(flag.name) ?? []), value]);
    }
  }
  return { flags: valuesOf(given), args, dash };
}

interface GivenFlag {
  readonly flag: Flag;
  readonly value: string;
}

const bareValue = (flag: Flag): string | undefined => (flag.takes === "nothing" ? "true" : flag.bare);

function readLong(word: string, known: readonly Flag[], next: (what: string) => string): readonly GivenFlag[] {
  const [, name = "", , value] = /^--([^=]*)(=([\s\S]*))?$/.exec(word) ?? [];
  const flag = known.find((each) => each.name === name);
  if (flag === undefined) throw new UsageError(`unknown flag: --${name}`);
  return [{ flag, value: value ?? bareValue(flag) ?? next(`--${name}`) }];
}

function readShort(word: string, known: readonly Flag[], next: (what: string) => string): readonly GivenFlag[] {
  const given: GivenFlag[] = [];
  for (let rest = word.slice(1); rest !== "";) {
    const letter = rest[0]!;
    const flag = known.find(({ short }) => short === letter);
    if (flag === undefined) throw new UsageError(`unknown shorthand flag: '${letter}' in ${word}`);
    rest = rest.slice(1);
    const bare = bareValue(flag);
    if (rest.startsWith("=")) return [...given, { flag, value: rest.slice(1) }];
    if (bare === undefined) return [...given, { flag, value: rest === "" ? next(`'${letter}' in ${word}`) : rest }];
    given.push({ flag, value: bare });
  }
  return given;
}

function checkValue(flag: Flag, value: string): void {
  const shown = flag.short === undefined ? `--${flag.name}` : `-${flag.short}, --${flag.name}`;
  const invalid = (why: string): UsageError => new UsageError(`invalid argument "${value}" for "${shown}" flag: ${why}`);
  if (flag.takes === "nothing" && booleanOf(value) === undefined) throw invalid(`strconv.ParseBool: parsing "${value}": invalid syntax`);
  if (flag.takes === "number" && !/^[-+]?\d+$/.test(value)) throw invalid(`strconv.ParseInt: parsing "${value}": invalid syntax`);
}

function booleanOf(text: string): boolean | undefined {
  if (["1", "t", "T", "TRUE", "true", "True"].includes(text)) return true;
  return ["0", "f", "F", "FALSE", "false", "False"].includes(text) ? false : undefined;
}

function valuesOf(given: ReadonlyMap<string, readonly string[]>): FlagValues {
  return {
    has: (name) => given.has(name),
    text: (name) => given.get(name)?.at(-1),
    texts: (name) => (given.get(name) ?? []).flatMap((value) => value.split(",")),
    number: (name) => (given.has(name) ? Number(given.get(name)!.at(-1)) : undefined),
    is: (name, otherwise = false) => booleanOf(given.get(name)?.at(-1) ?? "") ?? otherwise,
  };
}
