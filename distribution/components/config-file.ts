import { parseYaml } from "@kubets/machinery";
import { readFlagFile } from "./flag-reader.ts";
import { FlagError, secondsIn } from "./flags.ts";

/**
 * The configuration file of a component, such as a KubeSchedulerConfiguration, read field by field. What nobody has asked for when reading
 * {@link ConfigFields.end ends} is a field that there isn't, and refused, as upstream does.
 */
export interface ConfigFields {
  text(name: string): string | undefined;
  number(name: string): number | undefined;
  /** In milliseconds; written as `1h30m`. */
  duration(name: string): number | undefined;
  isOn(name: string): boolean | undefined;
  texts(name: string): readonly string[] | undefined;
  /** Nothing when the field is absent. */
  fields(name: string): ConfigFields | undefined;
  list(name: string): readonly ConfigFields[];
  /** A map of texts, such as labels. */
  map(name: string): Readonly<Record<string, string>> | undefined;
  /** A value that is an object of the API. */
  value(name: string): unknown;
  /** Fields that exist, of which only these values are possible here. None: none is. */
  only(names: string, values: readonly unknown[], because: string): void;
  /** Fields that exist and make no difference here. */
  idle(names: string): void;
  /** Throws a {@link FlagError} that says which, and why it can't be. */
  refuse(name: string, because: string): never;
  /** Throws a {@link FlagError} for a field that nobody asked for, here and below. */
  end(): void;
}

/** Reads the file that a flag names. Throws a {@link FlagError} for one that can't be read, or is of another kind. */
export function readConfigFile(
  flag: string,
  path: string,
  { apiVersion, kind }: { readonly apiVersion: string; readonly kind: string },
): ConfigFields {
  const text = readFlagFile(flag, path);
  let value: unknown;
  try {
    value = parseYaml(text).value;
  } catch (error) {
    throw new FlagError(`--${flag}: cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const fields = configFields(value, "");
  const [version, name] = [fields.text("apiVersion") ?? "", fields.text("kind") ?? ""];
  if (version !== apiVersion || name !== kind)
    throw new FlagError(`--${flag}: ${path} is "${version}, Kind=${name}": expected "${apiVersion}, Kind=${kind}"`);
  return fields;
}

const durationText = /^[+-]?(0|((\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))+)$/;

/** `path`: where in the file the fields stand. */
export function configFields(value: unknown, path: string): ConfigFields {
  if (value !== null && value !== undefined && (typeof value !== "object" || Array.isArray(value)))
    throw new FlagError(`${path === "" ? "the configuration" : path} is no map of fields`);
  const object = new Map(Object.entries((value ?? {}) as Readonly<Record<string, unknown>>));
  const asked = new Set<string>();
  const below: ConfigFields[] = [];
  const at = (name: string): string => (path === "" ? name : `${path}.${name}`);
  const wrong = (name: string, wanted: string): never => {
    throw new FlagError(`${at(name)}: ${JSON.stringify(object.get(name))} is ${wanted}`);
  };
  const take = (name: string): unknown => {
    asked.add(name);
    return object.get(name) ?? undefined;
  };
  function typed<Type>(name: string, is: (each: unknown) => each is Type, wanted: string): Type | undefined {
    const found = take(name);
    if (found === undefined || is(found)) return found;
    return wrong(name, wanted);
  }
  const keep = (fields: ConfigFields): ConfigFields => {
    below.push(fields);
    return fields;
  };
  return {
    text: (name) => typed(name, isText, "no text"),
    number: (name) => typed(name, (each) => typeof each === "number", "no number"),
    isOn: (name) => typed(name, (each) => typeof each === "boolean", "neither true nor false"),
    texts: (name) => typed(name, (each): each is readonly string[] => Array.isArray(each) && each.every(isText), "no list of texts"),
    map: (name) =>
      typed(
        name,
        (each): each is Readonly<Record<string, string>> =>
          typeof each === "object" && each !== null && !Array.isArray(each) && Object.values(each).every(isText),
        "no map of texts",
      ),
    duration(name) {
      const text = typed(name, (each): each is string => isText(each) && durationText.test(each), "no duration, such as 30s");
      return text === undefined ? undefined : secondsIn(text) * 1000;
    },
    fields(name) {
      const found = take(name);
      return found === undefined ? undefined : keep(configFields(found, at(name)));
    },
    list(name) {
      const entries = typed(name, (each): each is readonly unknown[] => Array.isArray(each), "no list") ?? [];
      return entries.map((entry, index) => keep(configFields(entry, `${at(name)}[${index}]`)));
    },
    value: take,
    only(names, values, because) {
      for (const name of names.split(" ")) {
        const found = take(name);
        if (found !== undefined && !values.some((each) => JSON.stringify(each) === JSON.stringify(found)))
          throw new FlagError(`${at(name)}: ${JSON.stringify(found)} is not possible: ${because}`);
      }
    },
    idle(names) {
      for (const name of names.split(" ")) asked.add(name);
    },
    refuse(name, because): never {
      throw new FlagError(`${at(name)}: ${JSON.stringify(object.get(name))} is not possible: ${because}`);
    },
    end() {
      for (const name of object.keys()) if (!asked.has(name)) throw new FlagError(`strict decoding error: unknown field "${at(name)}"`);
      for (const fields of below) fields.end();
    },
  };
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}
