import type { CelValue } from "./values.ts";

/**
 * A parsed expression, macros expanded. `id` is unique within the expression (types and functions found by the checker are kept by
 * it); `at` is the code unit that errors point to.
 */
export type Expression = Literal | Identifier | Select | Call | ListExpression | MapExpression | StructExpression | Comprehension;

interface Placed {
  readonly id: number;
  readonly at: number;
}

export interface Literal extends Placed {
  readonly kind: "literal";
  readonly value: CelValue;
}

export interface Identifier extends Placed {
  readonly kind: "identifier";
  /** With a leading dot when written so: then it is no local variable. */
  readonly name: string;
}

export interface Select extends Placed {
  readonly kind: "select";
  readonly operand: Expression;
  readonly field: string;
  /** Made by `has(…)`: asks whether the field is there. */
  readonly testOnly: boolean;
}

export interface Call extends Placed {
  readonly kind: "call";
  /** An operator has a name of its own, such as `_+_`. `_&&_` and `_||_` take any number of arguments from 2. */
  readonly function: string;
  /** What stands before the dot of a method call. */
  readonly target: Expression | undefined;
  readonly arguments: readonly Expression[];
}

export interface ListExpression extends Placed {
  readonly kind: "list";
  readonly elements: readonly Expression[];
  /** The indices of the elements written `?x`, which are left out when they are `optional.none()`. */
  readonly optionals: ReadonlySet<number>;
}

export interface MapExpression extends Placed {
  readonly kind: "map";
  readonly entries: readonly MapEntry[];
}

export interface MapEntry extends Placed {
  readonly key: Expression;
  readonly value: Expression;
  readonly optional: boolean;
}

export interface StructExpression extends Placed {
  readonly kind: "struct";
  readonly type: string;
  readonly fields: readonly StructField[];
}

export interface StructField extends Placed {
  readonly name: string;
  readonly value: Expression;
  readonly optional: boolean;
}

/**
 * A loop with an accumulator, which every macro over lists and maps is made of: `accumulator` begins as `initial`; for each of
 * `range`, while `condition` holds, it becomes `step`; at the end the value is `result`.
 */
export interface Comprehension extends Placed {
  readonly kind: "comprehension";
  readonly range: Expression;
  /** The element of a list, the key of a map; with a second variable: the index of a list, the key of a map. */
  readonly variable: string;
  /** The element of a list, the value of a map. */
  readonly secondVariable: string | undefined;
  readonly accumulator: string;
  readonly initial: Expression;
  readonly condition: Expression;
  readonly step: Expression;
  readonly result: Expression;
}

/** The accumulator of the macros; no expression can name it. */
export const accumulatorName = "@result";

export const operators = {
  conditional: "_?_:_",
  and: "_&&_",
  or: "_||_",
  not: "!_",
  equals: "_==_",
  notEquals: "_!=_",
  less: "_<_",
  lessOrEqual: "_<=_",
  greater: "_>_",
  greaterOrEqual: "_>=_",
  add: "_+_",
  subtract: "_-_",
  multiply: "_*_",
  divide: "_/_",
  modulo: "_%_",
  negate: "-_",
  index: "_[_]",
  in: "@in",
  notStrictlyFalse: "@not_strictly_false",
  optionalIndex: "_[?_]",
  optionalSelect: "_?._",
} as const;
