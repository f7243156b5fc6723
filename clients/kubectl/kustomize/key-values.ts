import { CommandError } from "../errors.ts";
import type { Root } from "./files.ts";
import type { Generator } from "./kustomization.ts";

/** The keys and values of a ConfigMap or Secret that is made, in the order of their sources. Throws for a key that is there twice. */
export async function readKeyValues({ name, envs, literals, files }: Generator, root: Root): Promise<ReadonlyMap<string, Uint8Array>> {
  const values = new Map<string, Uint8Array>();
  try {
    const pairs = [
      ...(await within(`env source files: ${listed(envs)}`, async () =>
        (await Promise.all(envs.map((path) => pairsOfFile(root, path)))).flat(),
      )),
      ...(await within(`literal sources ${listed(literals)}`, async () => literals.map(pairOfLiteral))),
      ...(await within(`file sources: ${listed(files)}`, () => Promise.all(files.map((source) => pairOfFile(root, source))))),
    ];
    for (const [key, value] of pairs) {
      if (values.has(key)) throw new CommandError(`configmap ${name} illegally repeats the key \`${key}\``);
      values.set(key, value);
    }
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    throw new CommandError(`loading KV pairs: ${error.message}`, { cause: error });
  }
  return values;
}

/** A source of keys and values can't be read. */
class SourceError extends CommandError {}

async function within<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new SourceError(`${what}: ${error.message}`, { cause: error });
  }
}

const listed = (sources: readonly string[]): string => `[${sources.join(" ")}]`;

type Pair = readonly [key: string, value: Uint8Array];

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text of bytes, or nothing when they are none in UTF-8. */
export function textOfBytes(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** A line `key=value` each; those that are empty or begin with `#` say nothing, and a key alone has an empty value. */
async function pairsOfFile(root: Root, path: string): Promise<readonly Pair[]> {
  const text = textOfBytes(await root.load(path));
  if (text === undefined) throw new CommandError(`the file ${path} has invalid utf8 bytes`);
  return text
    .replace(/^\uFEFF/, "")
    .split("\n")
    .flatMap((line): readonly Pair[] => {
      const [, key, , value = ""] = /^([^=]*)(=([\s\S]*))?$/.exec(line.replace(/\r$/, "").trimStart()) ?? [];
      return key === undefined || key === "" || key.startsWith("#") ? [] : [[key, encoder.encode(value)]];
    });
}

/** `key=value`; quotes around the whole value are none of it. */
function pairOfLiteral(source: string): Pair {
  const [, key, value] = /^([^=][^=]*)=([\s\S]*)$/.exec(source) ?? [];
  if (key === undefined || value === undefined) throw new CommandError(`invalid literal source ${source}, expected key=value`);
  const isQuoted = value.length >= 2 && value.at(0) === value.at(-1) && /^["']/.test(value);
  return [key, encoder.encode(isQuoted ? value.slice(1, -1) : value)];
}

/** `key=path`, or a path whose last part is the key. */
async function pairOfFile(root: Root, source: string): Promise<Pair> {
  const [first = "", second, ...more] = source.split("=");
  if (second === undefined) return [first.split("/").at(-1)!, await root.load(first)];
  if (more.length > 0) throw new CommandError(`source "${source}" key name or file path contains '='`);
  if (first === "") throw new CommandError(`missing key name for file path "${second}" in source "${source}"`);
  if (second === "") throw new CommandError(`missing file path for key name "${first}" in source "${source}"`);
  return [first, await root.load(second)];
}
