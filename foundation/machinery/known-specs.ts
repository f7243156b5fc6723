import type { SchemaNode } from "./schema.ts";

/**
 * A spec that objects were written with, in its forms. Most objects repeat one: the Pods of a template, the Pod whose status is written.
 * All forms are deep-frozen and shared, so what was found out about them holds for good.
 */
export interface KnownSpec {
  readonly node: SchemaNode;
  /** With all defaults, as it is read. */
  readonly complete: object;
  /** Without them, as it is written. */
  readonly written: object;
  /** The JSON of {@link written}, as long as the spec is one of those that were met last. */
  bytes: Uint8Array | undefined;
  /** The schema finds nothing wrong with it. */
  isSound: boolean;
}

const byForm = new WeakMap<object, KnownSpec>();

/** What is known of a spec of this schema, given one of its forms: the very object, not one like it. */
export function knownSpec(node: SchemaNode, form: unknown): KnownSpec | undefined {
  const known = typeof form === "object" && form !== null ? byForm.get(form) : undefined;
  return known?.node === node ? known : undefined;
}

/** Below that, looking it up takes as long as what it saves. */
const leastLength = 256;
/** Clients' own texts aren't kept beyond that. */
const longestText = 16 * 1024;
const mostMet = 512;

const encoder = new TextEncoder();

/** The specs of one kind that were met last. */
export class RecentSpecs {
  /** By the JSON of their complete form, and by what clients wrote that came out as them. */
  readonly #byText = new Map<string, KnownSpec>();
  readonly #node: SchemaNode;

  constructor(node: SchemaNode) {
    this.#node = node;
  }

  /** The spec that was met before and says the same, or this one from now on; `undefined` where it isn't worth it. `forms` makes those of a new one. */
  meet(spec: unknown, forms: (spec: object) => Pick<KnownSpec, "complete" | "written">): KnownSpec | undefined {
    if (typeof spec !== "object" || spec === null) return undefined;
    const known = knownSpec(this.#node, spec);
    if (known?.bytes !== undefined) return known;
    const key = JSON.stringify(spec);
    if (key.length < leastLength) return undefined;
    const found = known ?? this.#byText.get(key) ?? newSpec(this.#node, forms(spec));
    this.#keep(key, found);
    // What is frozen stays what it is: the next time it is known without its text.
    if (Object.isFrozen(spec)) byForm.set(spec, found);
    return found;
  }

  /** The spec that a client's text came out as before. */
  said(text: string): KnownSpec | undefined {
    if (text.length < leastLength || text.length > longestText) return undefined;
    const known = this.#byText.get(text);
    if (known !== undefined) this.#keep(text, known);
    return known;
  }

  /** From now on the text is known to come out as this spec. */
  learn(text: string, known: KnownSpec): void {
    if (text.length < leastLength || text.length > longestText) return;
    // A copy: what was cut out of a longer text would keep all of it.
    this.#keep(JSON.parse(JSON.stringify(text)) as string, known);
  }

  #keep(text: string, spec: KnownSpec): void {
    // The first is the one that wasn't met for the longest time.
    this.#byText.delete(text);
    this.#byText.set(text, spec);
    spec.bytes ??= encoder.encode(JSON.stringify(spec.written));
    if (this.#byText.size <= mostMet) return;
    const [first] = this.#byText;
    if (first === undefined) return;
    this.#byText.delete(first[0]);
    first[1].bytes = undefined;
  }
}

function newSpec(node: SchemaNode, { complete, written }: Pick<KnownSpec, "complete" | "written">): KnownSpec {
  const spec: KnownSpec = { node, complete, written, bytes: undefined, isSound: false };
  byForm.set(complete, spec);
  byForm.set(written, spec);
  return spec;
}
