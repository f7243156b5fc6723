import { EVENT_ID, type Event, getScalarValue, parseEvents, SCALAR_STYLE, type ScalarEvent, YAMLException } from "js-yaml";
import { shortened } from "./field-errors.ts";
import type { ParsedJson } from "./json.ts";
import { setOwn } from "./schema-fields.ts";
import { badRequest, type StatusError } from "./status-error.ts";
import { resolvePlainScalar, timeOfScalar, type YamlDialect } from "./yaml-scalars.ts";

export interface ParseYamlOptions {
  /** How deep lists and maps may nest, aliases followed; see `parseJson`. */
  readonly maxDepth?: number;
  /** How words without quotes are read; as `yaml.v2` does when absent. In `yaml.v3` a time is told as RFC 3339 writes it. */
  readonly dialect?: YamlDialect;
  /** What stands for a number, a boolean or a null that wasn't written as JSON writes it: whoever hands on the text as it stood keeps it here. */
  readonly keep?: (value: number | boolean | null, text: string) => unknown;
}

/** {@link parseYaml} done elsewhere than on the thread that asks: a megabyte takes a tenth of a second and more. */
export type YamlReader = (source: Uint8Array, options: ParseYamlOptions) => Promise<ParsedJson>;

/**
 * Reads the first document of a YAML text as a JSON value, as upstream does; null when there is none. `duplicates` tells of keys
 * that are there more than once, of which the last counts.
 *
 * Throws `BadRequest` for what is no YAML, has no form in JSON, nests too deep, or grows too large by its aliases.
 *
 * @example
 * parseYaml("replicas: 0777\nenabled: on"); // => { value: { replicas: 511, enabled: true }, duplicates: [] }
 */
export function parseYaml(source: Uint8Array | string, options?: ParseYamlOptions): ParsedJson {
  return parseYamlDocuments(source, options)[0] ?? { value: null, duplicates: [] };
}

/** Like {@link parseYaml} for all documents of a text. Empty ones are left out. */
export function parseYamlDocuments(source: Uint8Array | string, options: ParseYamlOptions = {}): readonly ParsedJson[] {
  const { maxDepth = 1_000 } = options;
  const text = typeof source === "string" ? source : decoder.decode(source);
  try {
    return new Reader(text, maxDepth, options).documents(parseEvents(text, { maxDepth }));
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const line = error.mark === undefined ? "" : `line ${error.mark.line + 1}: `;
    throw unreadable(`${line}${error.reason}`, error);
  }
}

const decoder = new TextDecoder();
const newline = 0x0a;
// Go counts values only: a few thousand aliases of a text of a megabyte would be gigabytes to whoever writes them out.
const mostAliasedCharacters = 16 * 1024 * 1024;
/** How many duplicates are named at most. */
const mostDuplicates = 100;

function unreadable(problem: string, cause?: unknown): StatusError {
  return badRequest(`error converting YAML to JSON: yaml: ${problem}`, { cause });
}

/** A value with what an alias to it costs. */
interface Node {
  readonly value: unknown;
  /** How many scalars, lists and maps it is made of. */
  readonly size: number;
  /** How many characters its scalars have. */
  readonly characters: number;
  /** How deep it nests. */
  readonly height: number;
  readonly merge?: true;
  /** As a number, boolean or null was written, where that isn't how JSON writes it. */
  readonly text?: string;
}

interface Frame {
  readonly anchor: string | undefined;
  readonly list: unknown[] | undefined;
  readonly map: Map<string, unknown> | undefined;
  /** Keys that stand in the text, as opposed to merged ones. */
  readonly written: Set<string>;
  size: number;
  characters: number;
  height: number;
  key: { readonly text: string; readonly merge: boolean } | undefined;
}

class Reader {
  readonly #text: string;
  readonly #maxDepth: number;
  readonly #dialect: YamlDialect;
  readonly #keep: ParseYamlOptions["keep"];
  #anchors = new Map<string, Node | "open">();
  #duplicates: string[] = [];
  #frames: Frame[] = [];
  #root: Node | undefined;
  #read = 0;
  #aliased = 0;
  #aliasedCharacters = 0;
  readonly #counted = { position: 0, line: 1 };

  constructor(text: string, maxDepth: number, { dialect = "yaml.v2", keep }: ParseYamlOptions) {
    this.#text = text;
    this.#maxDepth = maxDepth;
    this.#dialect = dialect;
    this.#keep = keep;
  }

  documents(events: readonly Event[]): readonly ParsedJson[] {
    const documents: ParsedJson[] = [];
    for (const event of events) {
      if (event.type === EVENT_ID.POP && this.#frames.length === 0) {
        if (this.#root !== undefined && this.#root.value !== null) documents.push({ value: this.#root.value, duplicates: this.#told() });
      } else this.#event(event);
    }
    return documents;
  }

  #told(): readonly string[] {
    if (this.#duplicates.length === 0) return [];
    return [`error converting YAML to JSON: yaml: unmarshal errors:\n  ${this.#duplicates.join("\n  ")}`];
  }

  #event(event: Event): void {
    switch (event.type) {
      case EVENT_ID.DOCUMENT:
        this.#anchors = new Map();
        this.#duplicates = [];
        this.#root = undefined;
        return;
      case EVENT_ID.SEQUENCE:
        return this.#open(event, { list: [], map: undefined });
      case EVENT_ID.MAPPING:
        return this.#open(event, { list: undefined, map: new Map() });
      case EVENT_ID.SCALAR: {
        this.#read++;
        const node = this.#scalar(event);
        const anchor = this.#anchorOf(event);
        if (anchor !== undefined) this.#anchors.set(anchor, node);
        return this.#add(node, event.valueStart);
      }
      case EVENT_ID.ALIAS:
        return this.#add(this.#alias(this.#text.slice(event.anchorStart, event.anchorEnd)), event.anchorStart);
      case EVENT_ID.POP:
        return this.#close();
    }
  }

  #open(event: Event & { readonly anchorStart: number; readonly anchorEnd: number }, value: Pick<Frame, "list" | "map">): void {
    this.#read++;
    const anchor = this.#anchorOf(event);
    if (anchor !== undefined) this.#anchors.set(anchor, "open");
    this.#frames.push({ anchor, ...value, written: new Set(), size: 1, characters: 0, height: 1, key: undefined });
  }

  #close(): void {
    const { anchor, list, map, size, characters, height } = this.#frames.pop()!;
    const node: Node = { value: list ?? objectOf(map!), size, characters, height };
    if (anchor !== undefined) this.#anchors.set(anchor, node);
    this.#add(node, 0);
  }

  #anchorOf({ anchorStart, anchorEnd }: { readonly anchorStart: number; readonly anchorEnd: number }): string | undefined {
    return anchorStart < 0 ? undefined : this.#text.slice(anchorStart, anchorEnd);
  }

  #alias(name: string): Node {
    const node = this.#anchors.get(name);
    if (node === undefined) throw unreadable(`unknown anchor '${name}' referenced`);
    if (node === "open") throw unreadable(`anchor '${name}' value contains itself`);
    this.#read += node.size;
    this.#aliased += node.size;
    this.#aliasedCharacters += node.characters;
    if (this.#aliasedCharacters > mostAliasedCharacters) throw unreadable("document contains excessive aliasing");
    if (this.#aliased > 100 && this.#read > 1000 && this.#aliased / this.#read > allowedAliasRatio(this.#read)) {
      throw unreadable("document contains excessive aliasing");
    }
    return node;
  }

  #add(node: Node, position: number): void {
    const frame = this.#frames.at(-1);
    if (frame === undefined) {
      this.#root = node;
      return;
    }
    if (this.#frames.length + node.height > this.#maxDepth) throw unreadable(`exceeded max depth of ${this.#maxDepth}`);
    frame.size += node.size;
    frame.characters += node.characters;
    frame.height = Math.max(frame.height, node.height + 1);
    if (frame.list !== undefined) frame.list.push(this.#valueOf(node));
    else if (frame.key === undefined) frame.key = this.#key(frame, node, position);
    else {
      const { text, merge } = frame.key;
      frame.key = undefined;
      if (merge) mergeInto(frame.map!, node.value);
      else frame.map!.set(text, this.#valueOf(node));
    }
  }

  #key(frame: Frame, { value, merge }: Node, position: number): NonNullable<Frame["key"]> {
    if (merge === true) return { text: "<<", merge: true };
    if (typeof value === "object") throw unreadable(`unsupported map key: ${JSON.stringify(value)}`);
    const text = typeof value === "string" ? value : JSON.stringify(value);
    if (frame.written.has(text) && this.#duplicates.length < mostDuplicates) {
      const line = this.#lineOf(position);
      this.#duplicates.push(`line ${line}: key ${JSON.stringify(typeof value === "string" ? shortened(value) : value)} already set in map`);
    }
    frame.written.add(text);
    return { text, merge: false };
  }

  /** Counted on from the last duplicate: a text may hold one in each of a hundred thousand lines. */
  #lineOf(position: number): number {
    for (let index = this.#counted.position; index < position; index++) if (this.#text.charCodeAt(index) === newline) this.#counted.line++;
    this.#counted.position = position;
    return this.#counted.line;
  }

  #scalar(event: ScalarEvent): Node {
    const source = this.#isCutOff(event) ? withoutBreak(getScalarValue(this.#text, event)) : getScalarValue(this.#text, event);
    const tag = event.tagStart < 0 ? "" : this.#text.slice(event.tagStart, event.tagEnd);
    if (tag === "" && event.style !== SCALAR_STYLE.PLAIN) return leaf(source);
    switch (tag) {
      case "":
      case "!!bool":
      case "!!int":
      case "!!float":
      case "!!null":
        return this.#resolved(source);
      case "!!binary":
        return leaf(textOfBase64(source));
      default:
        return leaf(source);
    }
  }

  /** Whether a block ends where the text does, in the midst of a line: then Go sees no break behind it. */
  #isCutOff({ style, valueEnd }: ScalarEvent): boolean {
    const isBlock = style === SCALAR_STYLE.LITERAL_BLOCK || style === SCALAR_STYLE.FOLDED_BLOCK;
    return isBlock && valueEnd >= this.#text.length && !this.#text.endsWith("\n");
  }

  #resolved(source: string): Node {
    const scalar = resolvePlainScalar(source, this.#dialect);
    switch (scalar.kind) {
      case "null":
        return written(null, source);
      case "boolean":
        return written(scalar.value, source);
      case "number":
        if (!Number.isFinite(scalar.value)) throw unreadable(`unsupported value: ${source}`);
        return written(scalar.value, source);
      case "merge":
        return { ...leaf(source), merge: true };
      case "time":
        return leaf(this.#dialect === "yaml.v3" ? timeOfScalar(source) : source);
      case "text":
        return leaf(source);
    }
  }

  /** What goes into a list or a map. */
  #valueOf({ value, text }: Node): unknown {
    return text === undefined || this.#keep === undefined ? value : this.#keep(value as number | boolean | null, text);
  }
}

function leaf(value: unknown): Node {
  return { value, size: 1, characters: typeof value === "string" ? value.length : 0, height: 0 };
}

const withoutBreak = (text: string): string => (text.endsWith("\n") ? text.slice(0, -1) : text);

function written(value: number | boolean | null, source: string): Node {
  return String(value) === source ? leaf(value) : { ...leaf(value), text: source };
}

function objectOf(map: ReadonlyMap<string, unknown>): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const [key, value] of map) setOwn(object, key, value);
  return object;
}

/** `<<`: what is merged counts from its place on, as in Go; of a list, the first map wins. */
function mergeInto(map: Map<string, unknown>, merged: unknown): void {
  if (Array.isArray(merged)) for (const each of merged.toReversed()) mergeInto(map, each);
  else if (typeof merged === "object" && merged !== null) for (const [key, value] of Object.entries(merged)) map.set(key, value);
  else throw unreadable("map merge requires map or sequence of maps as the value");
}

/** Go's measure: nearly all of a small document may come from aliases, but of a large one only a tenth. */
function allowedAliasRatio(read: number): number {
  const [small, large] = [400_000, 4_000_000];
  if (read <= small) return 0.99;
  return read >= large ? 0.1 : 0.99 - 0.89 * ((read - small) / (large - small));
}

function textOfBase64(source: string): string {
  try {
    return decoder.decode(Uint8Array.from(atob(source.replaceAll(/\s/g, "")), (character) => character.charCodeAt(0)));
  } catch (error) {
    throw unreadable("!!binary value contains invalid base64 data", error);
  }
}
