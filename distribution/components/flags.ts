/** One flag of a program, as its `--help` shows it. */
export interface Flag {
  /** Without dashes. */
  readonly name: string;
  /** `strings` may be given several times and split by commas; `switch` needs no value. */
  readonly type: "string" | "strings" | "int" | "float" | "duration" | "switch";
  readonly doc: string;
  /** A single letter that stands for it. */
  readonly letter?: string;
  /** Taken as it comes and not acted on: this is why that does no harm. */
  readonly withoutEffect?: string;
  /** What upstream can do and this program can't: only these values are taken, and every other is refused with the reason. */
  readonly only?: { readonly values: readonly string[]; readonly because: string };
}

/** The values that were given, by the flag's name, each as it was written. */
export type FlagValues = ReadonlyMap<string, readonly string[]>;

export interface ParsedFlags {
  readonly values: FlagValues;
  readonly rest: readonly string[];
}

/** What is wrong with a command line. The message is what users of the original know. */
export class FlagError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "FlagError";
  }
}

/**
 * Reads a command line as Kubernetes' programs do: `--name=value`, `--name value`, `-v 4`, switches without a value, `_` for `-` in names,
 * and `--` before what are no flags. Throws a {@link FlagError} for what isn't in the table and for values that can't be read.
 */
export function parseFlags(args: readonly string[], flags: readonly Flag[]): ParsedFlags {
  const values = new Map<string, readonly string[]>();
  const rest: string[] = [];
  const words = args[Symbol.iterator]();
  for (const word of words) {
    if (word === "--") {
      rest.push(...words);
      break;
    }
    if (!word.startsWith("-") || word === "-") {
      rest.push(word);
      continue;
    }
    const { flag, shown, attached } = flagOf(word, flags);
    const value = attached ?? (flag.type === "switch" ? "true" : words.next().value);
    if (value === undefined)
      throw new FlagError(`flag needs an argument: ${shown.startsWith("--") ? shown : `'${flag.letter}' in ${word}`}`);
    assertReadable(flag, value);
    assertPossible(flag, value);
    const given = flag.type === "strings" ? value.split(",").filter((each) => each !== "") : [value];
    values.set(flag.name, flag.type === "strings" ? [...(values.get(flag.name) ?? []), ...given] : given);
  }
  return { values, rest };
}

function flagOf(
  word: string,
  flags: readonly Flag[],
): { readonly flag: Flag; readonly shown: string; readonly attached: string | undefined } {
  const [left = "", ...others] = word.split("=");
  const afterSign = others.length === 0 ? undefined : others.join("=");
  if (left.startsWith("--")) {
    const name = left.slice(2).replaceAll("_", "-");
    const flag = flags.find((each) => each.name === name);
    if (flag === undefined) throw new FlagError(`unknown flag: --${name}`);
    return { flag, shown: `--${name}`, attached: afterSign };
  }
  const letter = left.slice(1, 2);
  const flag = flags.find((each) => each.letter === letter);
  if (flag === undefined) throw new FlagError(`unknown shorthand flag: '${letter}' in ${word}`);
  return { flag, shown: left, attached: left.length > 2 ? word.slice(2).replace(/^=/, "") : afterSign };
}

const boolean = /^(1|0|t|f|T|F|true|false|TRUE|FALSE|True|False)$/;
const duration = /^[+-]?(0|(\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))((\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))*$/;

function assertReadable({ name, type, letter }: Flag, value: string): void {
  const shown = letter === undefined ? `--${name}` : `-${letter}, --${name}`;
  const refuse = (problem: string): never => {
    throw new FlagError(`invalid argument ${JSON.stringify(value)} for ${JSON.stringify(shown)} flag: ${problem}`);
  };
  const quoted = JSON.stringify(value);
  if (type === "switch" && !boolean.test(value)) refuse(`strconv.ParseBool: parsing ${quoted}: invalid syntax`);
  if (type === "int" && !/^[+-]?\d+$/.test(value)) refuse(`strconv.ParseInt: parsing ${quoted}: invalid syntax`);
  if (type === "float" && !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value))
    refuse(`strconv.ParseFloat: parsing ${quoted}: invalid syntax`);
  if (type === "duration" && !duration.test(value)) refuse(`time: invalid duration ${quoted}`);
}

function assertPossible({ name, type, only }: Flag, value: string): void {
  if (only === undefined || only.values.some((each) => meaningOf(type, each) === meaningOf(type, value))) return;
  throw new FlagError(`--${name}=${value} is not possible: ${only.because}`);
}

/** Two spellings of one value have one meaning. */
function meaningOf(type: Flag["type"], value: string): string {
  if (type === "switch") return `${isTrue(value)}`;
  if (type === "duration") return `${secondsIn(value)}`;
  return type === "int" || type === "float" ? `${Number(value)}` : value;
}

function isTrue(value: string): boolean {
  return /^(1|t|true)$/i.test(value);
}

/** The value of a switch; `otherwise` when it wasn't given. */
export function isOn(values: FlagValues, name: string, otherwise: boolean): boolean {
  const value = lastOf(values, name);
  return value === undefined ? otherwise : isTrue(value);
}

export function lastOf(values: FlagValues, name: string): string | undefined {
  return values.get(name)?.at(-1);
}

const secondsOf: Readonly<Record<string, number>> = { ns: 1e-9, us: 1e-6, µs: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 };

/** A duration, in seconds. */
export function secondsIn(text: string): number {
  const total = [...text.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g)].reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * secondsOf[unit!]!,
    0,
  );
  return text.startsWith("-") ? -total : total;
}

/** The flags as `--help` lists them, a line each. */
export function helpOf(flags: readonly Flag[]): string {
  const typed = ({ type }: Flag): string => (type === "switch" ? "" : ` ${type}`);
  return flags
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map((flag) => {
      const head = `  ${flag.letter === undefined ? "   " : `-${flag.letter},`} --${flag.name}${typed(flag)}`;
      return `${head.padEnd(60)} ${flag.doc}${noteOn(flag)}`;
    })
    .join("\n");
}

function noteOn({ withoutEffect, only }: Flag): string {
  if (withoutEffect !== undefined) return ` (no effect: ${withoutEffect})`;
  if (only === undefined) return "";
  return ` (${only.values.length === 0 ? "refused" : `only ${only.values.join(", ")}`}: ${only.because})`;
}
