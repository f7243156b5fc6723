import { addInts } from "../arithmetic.ts";
import { compareValues } from "../comparison.ts";
import { checkedDuration, checkedUint } from "../arithmetic.ts";
import { declare, global, method, type CallCosts, type FunctionDeclaration, type Library, type Overload } from "../declarations.ts";
import { equalValues, listContains } from "../equality.ts";
import { addRanges, fixed, multiplyRanges, scaleRange, type Operand, type Range } from "../estimates.ts";
import { failure } from "../errors.ts";
import type { Macro } from "../macros.ts";
import { listCost, sizeOf, traversalFactor } from "../runtime-costs.ts";
import { bindingMacros, standardMacros } from "../macros.ts";
import {
  boolType,
  bytesType,
  doubleType,
  durationType,
  dynType,
  intType,
  listType,
  stringType,
  timestampType,
  typeName,
} from "../types.ts";
import { typeParameter, uintType, type CelType } from "../types.ts";
import { CelArray, CelDouble, CelDuration, CelList, CelMap, CelUint, type CelInt, type CelValue } from "../values.ts";
import { searchEstimate } from "./strings.ts";

const T = typeParameter("T");
const listT = listType(T);

/** What can be brought into an order. */
const comparable: readonly CelType[] = [intType, uintType, doubleType, boolType, durationType, timestampType, stringType, bytesType];

function sized(
  cost: (args: readonly CelValue[]) => number,
  estimate: (target: Operand | undefined, args: readonly Operand[]) => Sized,
): CallCosts {
  return {
    actual: (args) => cost(args) + 1 + listCost,
    estimate: (target, args) => {
      const { size, factor = 1 } = estimate(target, args);
      return { cost: addRanges(scaleRange(size, factor), fixed(1 + listCost)), size };
    },
  };
}

interface Sized {
  readonly size: Range;
  readonly factor?: number;
}

/** Every element with every other one. */
const squared = (element: CelType | undefined): CallCosts => {
  const factor = element?.kind === "string" || element?.kind === "bytes" ? 2 + traversalFactor : 2;
  return sized(
    ([list]) => Math.floor(sizeOf(list!) ** 2 * factorOf(list!)),
    (target) => ({ size: multiplyRanges(target!.size, target!.size), factor }),
  );
};

function factorOf(list: CelValue): number {
  if (!(list instanceof CelList) || list.size === 0) return 2;
  const first = list.at(0);
  return typeof first === "string" || first instanceof Uint8Array ? 2 + traversalFactor : 2;
}

function literal(operand: Operand | undefined, otherwise: number): number {
  return typeof operand?.literal === "number" ? Math.max(0, operand.literal) : otherwise;
}

const unbounded = 2 ** 64 - 1;

const flattening: CallCosts = sized(
  ([list, depth]) => sizeOf(list!) * (depth === undefined ? 1 : Math.max(0, Number(depth))),
  (target, [depth]) => ({ size: target!.size, factor: depth === undefined ? 1 : literal(depth, unbounded) }),
);

/** What can be done with lists: `slice`, `flatten`, `sort`, `sortBy`, `reverse`, `distinct`, `lists.range`. */
export const listLibrary: Library = {
  macros: { ".sortBy/2": sortBy },
  functions: [
    declare(
      "slice",
      method("list_slice", [listT, intType, intType], listT, slice, {
        ...sized(
          ([, start, end]) => Math.max(0, Number(end) - Number(start)),
          (target, [start, end]) => ({ size: fixed(literal(end, target!.size.max) - literal(start, 0)) }),
        ),
      }),
    ),
    declare(
      "flatten",
      method("list_flatten", [listType(listT)], listT, (list: CelList) => flatten(list, 1), flattening),
      method("list_flatten_int", [listType(dynType), intType], listType(dynType), flatten, flattening),
    ),
    declare(
      "sort",
      ...comparable.map((type) =>
        method(`list_${typeName(type)}_sort`, [listType(type)], listType(type), (list: CelList) => sortByKeys(list, list), squared(type)),
      ),
    ),
    declare(
      "@sortByAssociatedKeys",
      ...comparable.map((type) =>
        method(`list_${typeName(type)}_sortByAssociatedKeys`, [listT, listType(type)], listT, sortByKeys, {
          ...sized(
            ([, keys]) => Math.floor(sizeOf(keys!) ** 2 * factorOf(keys!)),
            (_, [keys]) => ({ size: multiplyRanges(keys!.size, keys!.size), factor: type === stringType || type === bytesType ? 2.1 : 2 }),
          ),
        }),
      ),
    ),
    declare(
      "lists.range",
      global(
        "lists_range",
        [intType],
        listType(intType),
        range,
        sized(
          ([count]) => Math.max(0, Number(count)),
          (_, [count]) => ({ size: fixed(literal(count, unbounded)) }),
        ),
      ),
    ),
    declare(
      "reverse",
      method("list_reverse", [listT], listT, (list: CelList) => new CelArray([...list].reverse()), {
        ...sized(
          ([list]) => sizeOf(list!),
          (target) => ({ size: target!.size }),
        ),
      }),
    ),
    declare("distinct", method("list_distinct", [listT], listT, distinct, squared(undefined))),
  ],
};

function slice(list: CelList, start: CelInt, end: CelInt): CelList {
  const problem = (what: string): Error => failure(`cannot slice(${start}, ${end}), ${what}`);
  const [from, to] = [Number(start), Number(end)];
  if (from < 0 || to < 0) throw problem("negative indexes not supported");
  if (from > to) throw problem("start index must be less than or equal to end index");
  if (list.size < to) throw problem(`list is length ${list.size}`);
  return new CelArray([...list].slice(from, to));
}

function flatten(list: CelList, depth: CelInt): CelList {
  if (Number(depth) < 0) throw failure("level must be non-negative");
  const flat: CelValue[] = [];
  const visit = (from: CelList, level: number): void => {
    for (const each of from) {
      if (each instanceof CelList && level > 0) visit(each, level - 1);
      else flat.push(each);
    }
  };
  visit(list, Number(depth));
  return new CelArray(flat);
}

function sortByKeys(list: CelList, keys: CelList): CelList {
  if (list.size !== keys.size) {
    const sizes = `${list.size} and ${keys.size} elements respectively`;
    throw failure(`@sortByAssociatedKeys() expected a list of the same size as the associated keys list, but got ${sizes}`);
  }
  const order = [...keys].map((key, index) => ({ key, index }));
  order.sort((a, b) => compareValues(a.key, b.key) || a.index - b.index);
  return new CelArray(order.map(({ index }) => list.at(index)));
}

function range(count: CelInt): CelList {
  return new CelArray(Array.from({ length: Math.max(0, Number(count)) }, (_, index) => index));
}

function distinct(list: CelList): CelList {
  let unique = new CelArray([]);
  for (const each of list) if (!listContains(unique, each)) unique = unique.append(new CelArray([each]));
  return unique;
}

/** `list.sortBy(x, key)`: the list by the order of its keys. */
function sortBy(...[context, target, args]: Parameters<Macro>): ReturnType<Macro> {
  const { make, at } = context;
  const name = "@__sortBy_input__";
  const keys = standardMacros[".map/2"]!(context, make.identifier(name, at), args);
  const sorted = make.call("@sortByAssociatedKeys", [keys!], at, make.identifier(name, at));
  return bindingMacros[".bind/3"]!(context, make.identifier("cel", at), [make.identifier(name, at), target!, sorted]);
}

/** `isSorted`, `sum`, `min`, `max`, `indexOf`, `lastIndexOf`, `includes`: what Kubernetes had before CEL had lists of its own. */
export const kubernetesListLibrary: Library = {
  functions: [
    overComparable("isSorted", "is_sorted_bool", boolType, isSorted),
    overComparable("max", "max", undefined, (list: CelList) => extreme("max", list, (order) => order > 0)),
    overComparable("min", "min", undefined, (list: CelList) => extreme("min", list, (order) => order < 0)),
    declare("sum", ...sums()),
    declare(
      "indexOf",
      method("list_a_index_of_int", [listT, T], intType, (list: CelList, item: CelValue) => indexIn(list, item), scanning()),
    ),
    declare(
      "lastIndexOf",
      method("list_a_last_index_of_int", [listT, T], intType, (list: CelList, item: CelValue) => lastIndexIn(list, item), scanning()),
    ),
  ],
};

/** `x.includes(y)`: whether a list has an element, or a value is the other one. */
export const includesLibrary: Library = {
  functions: [
    declare(
      "includes",
      method(
        "list_includes_dyn_dyn",
        [dynType, dynType],
        boolType,
        (value: CelValue, item: CelValue) => (value instanceof CelList ? listContains(value, item) : equalValues(value, item)),
        scanning(),
      ),
    ),
  ],
};

function scanning(): CallCosts {
  return { actual: ([list]) => traverseValue(list!), estimate: searchEstimate };
}

/** What it takes to read a value with everything in it. */
function traverseValue(value: CelValue): number {
  if (typeof value === "string") return Math.floor(new TextEncoder().encode(value).length * traversalFactor);
  if (value instanceof Uint8Array) return Math.floor(value.length * traversalFactor);
  let cost = 0;
  if (value instanceof CelList) for (const each of value) cost += traverseValue(each);
  else if (value instanceof CelMap) for (const key of value.keys()) cost += traverseValue(key) + traverseValue(value.get(key)!);
  else return 1;
  return cost;
}

function overComparable(name: string, suffix: string, result: CelType | undefined, call: (list: CelList) => CelValue): FunctionDeclaration {
  const overloads = comparable.map((type) => {
    const short = shortName(type);
    const id = suffix === "is_sorted_bool" ? `list_${short}_${suffix}` : `list_${short}_${suffix}_${short}`;
    return method(id, [listType(type)], result ?? type, call, scanning());
  });
  return declare(name, ...overloads);
}

function shortName(type: CelType): string {
  return type.kind;
}

function sums(): readonly Overload[] {
  const sum = (type: CelType, zero: CelValue, add: (a: never, b: never) => CelValue): Overload =>
    method(
      `list_${shortName(type)}_sum_${shortName(type)}`,
      [listType(type)],
      type,
      (list: CelList) => {
        let total = zero;
        for (const each of list) total = (add as (a: CelValue, b: CelValue) => CelValue)(total, each);
        return total;
      },
      scanning(),
    );
  return [
    sum(intType, 0, addInts),
    sum(uintType, new CelUint(0n), (a: CelUint, b: CelUint) => checkedUint(a.value + b.value)),
    sum(doubleType, new CelDouble(0), (a: CelDouble, b: CelDouble) => new CelDouble(a.value + b.value)),
    sum(durationType, new CelDuration(0n), (a: CelDuration, b: CelDuration) => checkedDuration(a.nanoseconds + b.nanoseconds)),
  ];
}

function isSorted(list: CelList): boolean {
  for (let index = 1; index < list.size; index++) if (compareValues(list.at(index - 1), list.at(index)) > 0) return false;
  return true;
}

function extreme(name: string, list: CelList, better: (order: number) => boolean): CelValue {
  if (list.size === 0) throw failure(`${name} called on empty list`);
  let best = list.at(0);
  for (const each of list) if (better(compareValues(each, best))) best = each;
  return best;
}

function indexIn(list: CelList, item: CelValue): number {
  for (let index = 0; index < list.size; index++) if (equalValues(list.at(index), item)) return index;
  return -1;
}

function lastIndexIn(list: CelList, item: CelValue): number {
  for (let index = list.size - 1; index >= 0; index--) if (equalValues(list.at(index), item)) return index;
  return -1;
}
