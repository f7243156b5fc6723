import type { Source } from "./source.ts";

/** One thing that is wrong with an expression. */
export interface CelIssue {
  readonly message: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in characters (code points). */
  readonly column: number;
}

/** An expression that cannot be parsed or does not type-check. The message is what upstream prints: each issue with its line below. */
export class CelCompileError extends Error {
  override readonly name: string = "CelCompileError";
  readonly issues: readonly CelIssue[];

  constructor(issues: readonly CelIssue[], message: string) {
    super(message);
    this.issues = issues;
  }
}

/** What an evaluation ends with when it has no value: a missing key, an overflow, an argument of the wrong type. */
export class CelEvaluationError extends Error {
  override readonly name: string = "CelEvaluationError";
}

/** An evaluation was stopped because it cost more than it may. `||` and `&&` do not absorb it. */
export class CelCostError extends Error {
  override readonly name: string = "CelCostError";
  /** What had been spent when it was stopped. */
  readonly cost: number;

  constructor(cost: number) {
    super("operation cancelled: actual cost limit exceeded");
    this.cost = cost;
  }
}

/** An evaluation was given up until something is known that it asked for. Nothing in an expression absorbs it. */
export class CelSuspension extends Error {
  override readonly name: string = "CelSuspension";
}

export function failure(message: string): CelEvaluationError {
  return new CelEvaluationError(message);
}

export function noSuchOverload(): CelEvaluationError {
  return new CelEvaluationError("no such overload");
}

/** Collects what is wrong with one source; the parser and the checker write into the same one. */
export class Issues {
  readonly #source: Source;
  readonly #issues: { readonly message: string; readonly offset: number }[] = [];

  constructor(source: Source) {
    this.#source = source;
  }

  get size(): number {
    return this.#issues.length;
  }

  /** `offset` counts code units from the beginning; a negative one says that no place can be given. */
  add(message: string, offset: number): void {
    this.#issues.push({ message, offset });
  }

  throwIfAny(): void {
    if (this.#issues.length === 0) return;
    const located = this.#issues.map(({ message, offset }) => ({ message, ...this.#source.locate(offset) }));
    located.sort((a, b) => a.line - b.line || a.column - b.column);
    const shown = located.slice(0, mostReported).map((issue) => this.#source.display(issue));
    if (located.length > mostReported) shown.push(`${located.length - mostReported} more errors were truncated`);
    throw new CelCompileError(located, shown.join("\n"));
  }
}

const mostReported = 100;
