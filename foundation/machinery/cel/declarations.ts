import type { CallEstimator } from "./estimates.ts";
import type { Macros } from "./macros.ts";
import type { CelType } from "./types.ts";
import type { CelValue } from "./values.ts";

/** One of the argument lists that a function takes. */
export interface Overload {
  /** As upstream names it: costs are told by it. */
  readonly id: string;
  /** Called as `x.f(…)`: `x` is the first parameter. */
  readonly method: boolean;
  readonly parameters: readonly CelType[];
  readonly result: CelType;
  /** Throws `CelEvaluationError` when there is no value. The arguments are of the types above. */
  readonly call: (...args: CelValue[]) => CelValue;
  readonly costs?: CallCosts;
}

/** What calls cost where it isn't 1. */
export interface CallCosts {
  /** What a call costs by its arguments, before it is made. */
  readonly actual?: (args: readonly CelValue[]) => number;
  /** What it costs by its result, in place of the above. */
  readonly actualByResult?: (result: CelValue) => number;
  /** What calls will cost at least and at most, by what is known of the arguments. */
  readonly estimate?: CallEstimator;
}

export interface FunctionDeclaration {
  readonly name: string;
  readonly overloads: readonly Overload[];
}

/** Functions, types and macros that belong together. */
export interface Library {
  readonly functions: readonly FunctionDeclaration[];
  /** Names of types that expressions may use as values: `type(x) == net.IP`. */
  readonly types?: Readonly<Record<string, CelType>>;
  /** Types of which there are too many to list. */
  readonly typeNamed?: (name: string) => CelType | undefined;
  readonly macros?: Macros;
}

/** The types of the arguments have been matched with the parameters, so that an implementation may name them. */
export type Implementation<Args extends readonly (CelValue | undefined)[]> = (...args: Args) => CelValue;

export function method<Args extends readonly (CelValue | undefined)[]>(
  id: string,
  parameters: readonly CelType[],
  result: CelType,
  call: Implementation<Args>,
  costs: CallCosts = {},
): Overload {
  return { id, method: true, parameters, result, call: call as unknown as Overload["call"], costs };
}

export function global<Args extends readonly (CelValue | undefined)[]>(
  id: string,
  parameters: readonly CelType[],
  result: CelType,
  call: Implementation<Args>,
  costs: CallCosts = {},
): Overload {
  return { id, method: false, parameters, result, call: call as unknown as Overload["call"], costs };
}

export function declare(name: string, ...overloads: readonly Overload[]): FunctionDeclaration {
  return { name, overloads };
}
