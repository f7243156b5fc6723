/**
 * A map whose keys are kept in the order of their UTF-16 code units, which for the ASCII of store keys is the order of their bytes.
 *
 * Reads cost a hash look-up; an insertion or removal touches one run of at most {@link longestRun} keys; iteration starts anywhere.
 */
export interface OrderedMap<Value> {
  readonly size: number;
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
  /** Whether the key was there. */
  delete(key: string): boolean;
  /** Values of the keys that begin with `prefix` and come after `after`, in order. The map must not change meanwhile. */
  values(prefix: string, after?: string): Iterable<Value>;
  /** How many values {@link values} would answer, without looking at each. */
  count(prefix: string, after?: string): number;
  /** Another map with the same content, which both share until one of them changes. Neither sees what becomes of the other. */
  fork(): OrderedMap<Value>;
}

// Runs of this many keys split in two: short enough that moving half of one is cheap, long enough that there are few of them.
const longestRun = 512;

export function createOrderedMap<Value>(): OrderedMap<Value> {
  return new RunsOfKeys({ values: new Map(), runs: [[]], isShared: false });
}

interface Content<Value> {
  readonly values: Map<string, Value>;
  /** Sorted runs of sorted keys. Never an empty run, except the only one of an empty map. */
  readonly runs: string[][];
  /** Others read it as well: whoever changes anything copies it first. */
  readonly isShared: boolean;
}

class RunsOfKeys<Value> implements OrderedMap<Value> {
  #content: Content<Value>;

  constructor(content: Content<Value>) {
    this.#content = content;
  }

  get size(): number {
    return this.#content.values.size;
  }

  get(key: string): Value | undefined {
    return this.#content.values.get(key);
  }

  set(key: string, value: Value): void {
    const { values, runs } = this.#own();
    const isNew = !values.has(key);
    values.set(key, value);
    if (!isNew) return;
    const index = runOf(runs, key);
    const run = runs[index]!;
    run.splice(firstAtOrAfter(run, key), 0, key);
    if (run.length > longestRun) runs.splice(index + 1, 0, run.splice(longestRun >> 1));
  }

  delete(key: string): boolean {
    if (!this.#content.values.has(key)) return false;
    const { values, runs } = this.#own();
    values.delete(key);
    const index = runOf(runs, key);
    const run = runs[index]!;
    run.splice(firstAtOrAfter(run, key), 1);
    if (run.length === 0 && runs.length > 1) runs.splice(index, 1);
    return true;
  }

  *values(prefix: string, after = ""): Iterable<Value> {
    const { values, runs } = this.#content;
    const start = after > prefix ? after : prefix;
    for (let index = runOf(runs, start); index < runs.length; index++) {
      const run = runs[index]!;
      for (let at = firstAtOrAfter(run, start); at < run.length; at++) {
        const key = run[at]!;
        if (key === after) continue;
        if (!key.startsWith(prefix)) return;
        yield values.get(key)!;
      }
    }
  }

  count(prefix: string, after = ""): number {
    const { runs } = this.#content;
    const start = after > prefix ? after : prefix;
    let count = 0;
    for (let index = runOf(runs, start); index < runs.length; index++) {
      const run = runs[index]!;
      const first = firstAtOrAfter(run, start);
      const end = run.at(-1)?.startsWith(prefix) === true ? run.length : firstNotOf(prefix, run, first);
      count += end - first;
      if (first < end && run[first] === after) count--;
      if (end < run.length) break;
    }
    return count;
  }

  fork(): OrderedMap<Value> {
    this.#content = { ...this.#content, isShared: true };
    return new RunsOfKeys(this.#content);
  }

  #own(): Content<Value> {
    const { values, runs, isShared } = this.#content;
    if (isShared) this.#content = { values: new Map(values), runs: runs.map((run) => run.slice()), isShared: false };
    return this.#content;
  }
}

/** The run in which `key` is or belongs: the last that begins at or before it. */
function runOf(runs: readonly (readonly string[])[], key: string): number {
  let low = 0;
  let high = runs.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (runs[middle]![0]! <= key) low = middle;
    else high = middle - 1;
  }
  return low;
}

function firstAtOrAfter(run: readonly string[], key: string): number {
  let low = 0;
  let high = run.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (run[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Where the keys with the prefix, which begin at `first`, end. */
function firstNotOf(prefix: string, run: readonly string[], first: number): number {
  let low = first;
  let high = run.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (run[middle]!.startsWith(prefix)) low = middle + 1;
    else high = middle;
  }
  return low;
}
