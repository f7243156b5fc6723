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
  text: string | undefined;
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
const mostMet = 512;

/** The specs that were met last, by the JSON of their complete form. */
const met = new WeakMap<SchemaNode, Map<string, KnownSpec>>();

/** The spec that was met before and says the same, or this one from now on; `undefined` where it isn't worth it. `forms` makes those of a new one. */
export function meetSpec(
  node: SchemaNode,
  spec: unknown,
  forms: (spec: object) => Pick<KnownSpec, "complete" | "written">,
): KnownSpec | undefined {
  if (typeof spec !== "object" || spec === null) return undefined;
  const known = knownSpec(node, spec);
  if (known !== undefined) return known;
  const key = JSON.stringify(spec);
  if (key.length < leastLength) return undefined;
  let recent = met.get(node);
  if (recent === undefined) met.set(node, (recent = new Map()));
  const found = recent.get(key) ?? newSpec(node, forms(spec));
  // The first is the one that wasn't met for the longest time.
  recent.delete(key);
  recent.set(key, found);
  if (recent.size > mostMet) forgetFirst(recent);
  return found;
}

function newSpec(node: SchemaNode, { complete, written }: Pick<KnownSpec, "complete" | "written">): KnownSpec {
  const spec: KnownSpec = { node, complete, written, text: JSON.stringify(written), isSound: false };
  byForm.set(complete, spec);
  byForm.set(written, spec);
  return spec;
}

function forgetFirst(recent: Map<string, KnownSpec>): void {
  const [first] = recent;
  if (first === undefined) return;
  const [key, spec] = first;
  recent.delete(key);
  spec.text = undefined;
}
