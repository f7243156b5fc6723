import { readFileSync } from "node:fs";
import type { KeyPair } from "../certificates/index.ts";
import { FlagError, type FlagValues, isOn, lastOf, secondsIn } from "./flags.ts";

/** The values of flags as what they stand for. A flag that is empty counts as not given, as with upstream's programs. */
export interface FlagReader {
  readonly values: FlagValues;
  text(name: string): string | undefined;
  list(name: string): readonly string[] | undefined;
  number(name: string): number | undefined;
  milliseconds(name: string): number | undefined;
  isOn(name: string, otherwise: boolean): boolean;
  /** The text of the file that the flag names. Throws a {@link FlagError} that names both when it can't be read. */
  file(name: string): string | undefined;
  /** Of two flags that only make sense together. */
  pair(certificate: string, key: string): KeyPair | undefined;
}

export function flagReader(values: FlagValues): FlagReader {
  const text = (name: string): string | undefined => lastOf(values, name) || undefined;
  const reader: FlagReader = {
    values,
    text,
    list: (name) => values.get(name),
    number: (name) => (text(name) === undefined ? undefined : Number(text(name))),
    milliseconds: (name) => (text(name) === undefined ? undefined : secondsIn(text(name)!) * 1000),
    isOn: (name, otherwise) => isOn(values, name, otherwise),
    file: (name) => (text(name) === undefined ? undefined : readFlagFile(name, text(name)!)),
    pair(certificateFlag, keyFlag) {
      const [certificate, key] = [reader.file(certificateFlag), reader.file(keyFlag)];
      if (certificate === undefined && key === undefined) return undefined;
      if (certificate === undefined || key === undefined)
        throw new FlagError(`--${certificateFlag} and --${keyFlag} must be given together`);
      return { certificate, key };
    },
  };
  return reader;
}

export function readFlagFile(flag: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new FlagError(`--${flag}: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

/** The members that have a value: an optional one that is absent is left out altogether. */
export function defined<Fields extends object>(fields: Fields): { readonly [Name in keyof Fields]?: Exclude<Fields[Name], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Fields]?: Exclude<Fields[Name], undefined>;
  };
}
