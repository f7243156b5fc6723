import { fnv1a } from "@kubets/machinery";

// Without vowels and look-alikes: the hash becomes part of names that people read.
const alphabet = "bcdfghjklmnpqrstvwxz2456789";

/**
 * A short name for what a template says, the same for equal content on every machine: the end of the name of a ReplicaSet or a
 * ControllerRevision, and a label of its Pods. `collisions` makes it another one when the name was taken.
 */
export function contentHash(content: unknown, collisions: number): string {
  let text = "";
  for (const digit of String(fnv1a(`${canonical(content)}${collisions === 0 ? "" : collisions}`)))
    text += alphabet[digit.charCodeAt(0) % alphabet.length];
  return text;
}

/** JSON with sorted keys and without what is undefined. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
