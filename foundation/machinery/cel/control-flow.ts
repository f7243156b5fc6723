import { CelEvaluationError, failure, noSuchOverload } from "./errors.ts";
import { Pending, type Frame, type Step } from "./frame.ts";
import { typeName } from "./types.ts";
import { CelList, CelMap, typeOf, type CelValue } from "./values.ts";

/** `&&` (decided by false) and `||` (decided by true): an error counts only when no other term decides. */
export function logical(terms: readonly Step[], deciding: boolean): Step {
  return (frame) => {
    let problem: CelEvaluationError | undefined;
    for (const term of terms) {
      try {
        const value = term(frame);
        if (value === deciding) return deciding;
        if (typeof value !== "boolean") problem ??= noSuchOverload();
      } catch (error) {
        if (!(error instanceof CelEvaluationError)) throw error;
        problem ??= error;
      }
    }
    if (problem !== undefined) throw problem;
    return !deciding;
  };
}

export function conditional(test: Step, whenTrue: Step, whenFalse: Step): Step {
  return (frame) => {
    const value = test(frame);
    if (value === true) return whenTrue(frame);
    if (value === false) return whenFalse(frame);
    throw noSuchOverload();
  };
}

export function notStrictlyFalse(inner: Step): Step {
  return (frame) => {
    let value: CelValue;
    try {
      value = inner(frame);
    } catch (error) {
      if (!(error instanceof CelEvaluationError)) throw error;
      value = true;
    }
    frame.charge(1);
    return value !== false;
  };
}

/** A variable of a macro. An accumulator may be an error; what `cel.bind` names is evaluated when it is first needed. */
export function local(slot: number, cost: number): Step {
  return (frame) => {
    if (cost !== 0) frame.charge(cost);
    const value = frame.locals[slot]!;
    if (value instanceof CelEvaluationError) throw value;
    if (!(value instanceof Pending)) return value;
    const found = value.evaluate(frame);
    frame.locals[slot] = found;
    return found;
  };
}

/** A name for a value. */
export function binding(slot: number, range: Step, initial: Step, result: Step): Step {
  return (frame) => {
    range(frame);
    const before = frame.locals[slot]!;
    frame.locals[slot] = new Pending(initial);
    const value = result(frame);
    frame.locals[slot] = before;
    return value;
  };
}

interface Loop {
  readonly range: Step;
  readonly initial: Step;
  readonly condition: Step;
  /** Whether the condition always holds: then no later element can make up for an error. */
  readonly always: boolean;
  readonly step: Step;
  readonly result: Step;
  /** The places of the variables. */
  readonly accumulator: number;
  readonly first: number;
  readonly second: number | undefined;
}

export function fold({ range, initial, condition, always, step, result, accumulator, first, second }: Loop): Step {
  const round = (frame: Frame): boolean => {
    if (!always && condition(frame) !== true) return false;
    try {
      frame.locals[accumulator] = step(frame);
    } catch (error) {
      if (always || !(error instanceof CelEvaluationError)) throw error;
      frame.locals[accumulator] = error;
    }
    return true;
  };
  return (frame) => {
    const elements = range(frame);
    const { locals } = frame;
    locals[accumulator] = initial(frame);
    if (elements instanceof CelList) {
      for (let index = 0; index < elements.size; index++) {
        locals[first] = second === undefined ? elements.at(index) : index;
        if (second !== undefined) locals[second] = elements.at(index);
        if (!round(frame)) break;
      }
    } else if (elements instanceof CelMap) {
      for (const key of elements.keys()) {
        locals[first] = key;
        if (second !== undefined) locals[second] = elements.get(key)!;
        if (!round(frame)) break;
      }
    } else throw failure(`got '${typeName(typeOf(elements))}', expected iterable type`);
    return result(frame);
  };
}
