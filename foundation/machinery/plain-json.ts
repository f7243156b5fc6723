export interface PlainJsonOptions {
  /** How many characters all strings and names may have together. */
  readonly mostCharacters: number;
  /** How deep lists and objects may nest. */
  readonly maxDepth: number;
}

/**
 * What `JSON.parse(JSON.stringify(value))` answers, without the text. It shares with `value` what is frozen throughout and copies the rest, so
 * later changes of `value` don't reach it.
 *
 * `undefined` for what JSON doesn't have or says otherwise (dates, functions, classes, numbers that aren't finite), and for what is over the
 * bounds: then the text has to be made.
 */
export function plainJson(value: object, { mostCharacters, maxDepth }: PlainJsonOptions): object | undefined {
  const reader = new PlainReader(mostCharacters);
  const copy = reader.read(value, maxDepth);
  return reader.isPlain ? (copy as object) : undefined;
}

class PlainReader {
  isPlain = true;
  #charactersLeft: number;

  constructor(characters: number) {
    this.#charactersLeft = characters;
  }

  /** The value itself where all of it is frozen; anything at all once {@link isPlain} is false. */
  read(value: unknown, depthLeft: number): unknown {
    switch (typeof value) {
      case "string":
        this.#count(value);
        return value;
      case "number":
        if (!Number.isFinite(value)) this.isPlain = false;
        // JSON has no negative zero.
        return value === 0 ? 0 : value;
      case "boolean":
        return value;
      case "object":
        if (value === null) return null;
        if (depthLeft === 0) return this.#refuse();
        return Array.isArray(value) ? this.#list(value, depthLeft - 1) : this.#object(value, depthLeft - 1);
      default:
        return this.#refuse();
    }
  }

  #list(list: readonly unknown[], depthLeft: number): readonly unknown[] {
    let copy = Object.isFrozen(list) ? undefined : ([] as unknown[]);
    for (let index = 0; index < list.length && this.isPlain; index++) {
      const item = this.read(list[index], depthLeft);
      if (copy === undefined && !Object.is(item, list[index])) copy = list.slice(0, index);
      copy?.push(item);
    }
    return copy ?? list;
  }

  #object(object: object, depthLeft: number): object {
    if (Object.getPrototypeOf(object) !== Object.prototype) return this.#refuse();
    const source = object as Readonly<Record<string, unknown>>;
    let copy: Record<string, unknown> | undefined = Object.isFrozen(object) ? undefined : {};
    for (const name in source) {
      // A member of this name would change what the copy is.
      if (!this.isPlain || name === "__proto__") return this.#refuse();
      const given = source[name];
      const member = given === undefined ? undefined : this.read(given, depthLeft);
      if (copy === undefined && (member === undefined || !Object.is(member, given))) copy = membersBefore(name, source);
      if (member === undefined) continue;
      this.#count(name);
      if (copy !== undefined) copy[name] = member;
    }
    return copy ?? object;
  }

  #count({ length }: string): void {
    this.#charactersLeft -= length;
    if (this.#charactersLeft < 0) this.isPlain = false;
  }

  #refuse(): never[] {
    this.isPlain = false;
    return [];
  }
}

function membersBefore(end: string, source: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const members: Record<string, unknown> = {};
  for (const name in source) {
    if (name === end) break;
    members[name] = source[name];
  }
  return members;
}
