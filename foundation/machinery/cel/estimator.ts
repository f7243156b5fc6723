import type { CheckedExpression } from "./checker.ts";
import type { Overload } from "./declarations.ts";
import { addRanges, fixed, multiplyRanges, unionOfRanges, unknownSize, type CallEstimate, type Operand, type Range } from "./estimates.ts";
import type { Call, Comprehension, Expression, ListExpression, MapExpression, Select } from "./expression.ts";
import { attributeCost, listCost, mapCost, structCost } from "./runtime-costs.ts";
import { characterCount } from "./characters.ts";
import { standardEstimate } from "./standard-estimates.ts";
import { unwrapOptional, type CelType } from "./types.ts";

/** The types of variables with what their schemas say about sizes. */
export type BoundedTypes = Readonly<Record<string, CelType>>;

/**
 * What an evaluation will cost at least and at most, if the variables are no larger than their types say. Follows cel-go's estimate and
 * Kubernetes' additions to it, figure by figure: custom resource definitions are accepted or refused by it.
 */
export function estimateCost(checked: CheckedExpression, variables: BoundedTypes): Range {
  return new Estimator(checked, variables).cost(checked.expression);
}

/** The sizes of what is in a list or map. */
interface EntrySize {
  readonly container: "list" | "map";
  readonly key: Range;
  readonly value: Range;
}

interface LocalVariable {
  readonly name: string;
  /** The type at the place in the schema that the variable comes from. */
  readonly place: CelType | undefined;
  readonly size: Range | undefined;
  readonly entries: EntrySize | undefined;
}

const nothing = fixed(0);

class Estimator {
  readonly #checked: CheckedExpression;
  readonly #variables: BoundedTypes;
  readonly #locals: LocalVariable[] = [];
  readonly #places = new Map<number, CelType | undefined>();
  readonly #sizes = new Map<number, Range>();
  readonly #entries = new Map<number, EntrySize>();

  constructor(checked: CheckedExpression, variables: BoundedTypes) {
    this.#checked = checked;
    this.#variables = variables;
  }

  cost(expression: Expression): Range {
    switch (expression.kind) {
      case "literal":
        return nothing;
      case "identifier":
        return this.#identifier(expression, expression.name);
      case "select":
        return this.#select(expression);
      case "call":
        return this.#call(expression);
      case "list":
        return this.#list(expression);
      case "map":
        return this.#map(expression);
      case "struct":
        return addRanges(fixed(structCost), ...expression.fields.map(({ value }) => this.cost(value)));
      case "comprehension":
        return isBinding(expression) ? this.#binding(expression) : this.#comprehension(expression);
    }
  }

  #typeOf({ id }: Expression): CelType {
    return this.#checked.types[id]!;
  }

  #identifier({ id }: Expression, name: string): Range {
    const reference = this.#checked.references[id];
    const local = reference?.kind === "local" ? this.#local(name) : undefined;
    this.#places.set(id, local === undefined ? this.#variables[reference?.kind === "variable" ? reference.name : name] : local.place);
    return fixed(attributeCost);
  }

  #local(name: string): LocalVariable | undefined {
    return this.#locals.findLast((local) => local.name === name);
  }

  #select(expression: Select): Range {
    const { id, operand, field, testOnly } = expression;
    const reference = this.#checked.references[id];
    if (reference !== undefined) return this.#identifier(expression, field);
    const cost = this.cost(operand);
    if (testOnly) return cost;
    const place = this.#place(operand);
    this.#places.set(id, place?.kind === "object" ? place.field(field)?.type : undefined);
    const { kind } = this.#typeOf(operand);
    return kind === "map" || kind === "object" ? addRanges(cost, fixed(attributeCost)) : cost;
  }

  #place(expression: Expression): CelType | undefined {
    if (expression.kind === "identifier") {
      const local = this.#checked.references[expression.id]?.kind === "local" ? this.#local(expression.name) : undefined;
      if (local !== undefined) return local.place;
    }
    return this.#places.get(expression.id);
  }

  #call(call: Call): Range {
    const args = call.arguments;
    if (call.function === "dyn" && args.length === 1) {
      const cost = this.cost(args[0]!);
      this.#copySizes(call, args[0]!);
      return addRanges(cost, fixed(1));
    }
    const resolved = this.#checked.calls[call.id]!;
    const costs = args.map((each) => this.cost(each));
    const target = call.target === undefined || resolved.namespaced ? undefined : call.target;
    const before = target === undefined ? nothing : this.cost(target);
    const operands = args.map((each) => this.#operand(each));
    const receiver = target === undefined ? undefined : this.#operand(target);
    if (resolved.overloads.length === 0) return addRanges(fixed(1), ...costs);
    let total: Range | undefined;
    let size: Range | undefined;
    for (const overload of resolved.overloads) {
      const estimate = this.#overload(call, overload, receiver, operands, costs);
      total = total === undefined ? estimate.cost : unionOfRanges(total, estimate.cost);
      if (estimate.size !== undefined) size = size === undefined ? estimate.size : unionOfRanges(size, estimate.size);
      if (overload.id === "index_list" || overload.id === "index_map") {
        size = this.#entriesOf(args[0]!)?.value;
        this.#places.set(call.id, elementPlace(this.#place(args[0]!)));
      }
      size ??= this.#size(call);
    }
    if (size !== undefined) this.#sizes.set(call.id, size);
    return addRanges(before, total ?? nothing);
  }

  #overload(call: Call, overload: Overload, target: Operand | undefined, args: readonly Operand[], costs: readonly Range[]): CallEstimate {
    if (overload.id === "logical_and" || overload.id === "logical_or") {
      // The first term may decide alone.
      return { cost: { min: costs[0]!.min, max: addRanges(...costs).max } };
    }
    if (overload.id === "conditional") return this.#conditional(call, args, costs);
    if (overload.id === "add_string" || overload.id === "add_bytes" || overload.id === "add_list") {
      const joined = unionOfEntries(this.#entriesOf(call.arguments[0]!), this.#entriesOf(call.arguments[1]!));
      if (joined !== undefined) this.#entries.set(call.id, joined);
    }
    const { cost, size } = overload.costs?.estimate?.(target, args) ?? standardEstimate(overload.id, target, args);
    return { cost: addRanges(cost, ...costs), ...(size === undefined ? {} : { size }) };
  }

  #conditional(call: Call, args: readonly Operand[], costs: readonly Range[]): CallEstimate {
    const [, whenTrue, whenFalse] = args as readonly [Operand, Operand, Operand];
    const entries = unionOfEntries(this.#entriesOf(call.arguments[1]!), this.#entriesOf(call.arguments[2]!));
    if (entries !== undefined) this.#entries.set(call.id, entries);
    return {
      cost: addRanges(costs[0]!, unionOfRanges(costs[1]!, costs[2]!)),
      size: unionOfRanges(whenTrue.size, whenFalse.size),
    };
  }

  #operand(expression: Expression): Operand {
    const type = this.#typeOf(expression);
    const place = this.#place(expression);
    const element = elementPlace(place);
    return {
      type,
      size: this.#size(expression) ?? unknownSize,
      elementSize: element === undefined ? unknownSize : sizeOfPlace(element),
      ...(expression.kind === "literal" ? { literal: expression.value } : {}),
    };
  }

  #list(expression: ListExpression): Range {
    const { elements } = expression;
    const costs = elements.map((each) => this.cost(each));
    this.#entries.set(expression.id, { container: "list", key: fixed(1), value: this.#sizesOf(elements) });
    return addRanges(fixed(listCost), ...costs);
  }

  #map(expression: MapExpression): Range {
    const keys = expression.entries.map(({ key }) => key);
    const values = expression.entries.map(({ value }) => value);
    const costs = expression.entries.flatMap(({ key, value }) => [this.cost(key), this.cost(value)]);
    this.#entries.set(expression.id, { container: "map", key: this.#sizesOf(keys), value: this.#sizesOf(values) });
    return addRanges(fixed(mapCost), ...costs);
  }

  #sizesOf(expressions: readonly Expression[]): Range {
    const sizes = expressions.map((each) => this.#size(each) ?? unknownSize);
    return sizes.length === 0 ? nothing : sizes.reduce(unionOfRanges);
  }

  #comprehension(loop: Comprehension): Range {
    const before = addRanges(this.cost(loop.range), this.cost(loop.initial));
    const depth = this.#locals.length;
    this.#locals.push(this.#localFor(loop.accumulator, loop.initial));
    this.#pushVariables(loop);
    const each = addRanges(this.cost(loop.condition), this.cost(loop.step));
    this.#locals.length = depth + 1;
    const after = this.cost(loop.result);
    this.#locals.length = depth;
    const rounds = this.#size(loop.range) ?? unknownSize;
    if (loop.initial.kind === "literal") this.#setSize(loop, this.#size(loop.initial));
    else if (loop.initial.kind === "list" || loop.initial.kind === "map") {
      this.#sizes.set(loop.id, rounds);
      const entries = this.#entriesOf(loop.step);
      if (entries !== undefined) this.#entries.set(loop.id, entries);
    }
    return addRanges(before, after, multiplyRanges(rounds, each));
  }

  #localFor(name: string, expression: Expression): LocalVariable {
    return { name, place: this.#place(expression), size: this.#size(expression), entries: this.#entriesOf(expression) };
  }

  #pushVariables({ variable, secondVariable, range }: Comprehension): void {
    const entries = this.#entriesOf(range);
    const place = this.#place(range);
    const container = entries?.container ?? (this.#typeOf(range).kind === "list" ? "list" : "map");
    const keys = place?.kind === "map" ? place.key : undefined;
    const elements = elementPlace(place);
    const key = { place: container === "list" ? undefined : keys, size: entries?.key };
    const value = { place: elements, size: entries?.value };
    const single = container === "list" ? value : key;
    const push = (name: string, from: typeof key): void => void this.#locals.push({ name, ...from, entries: undefined });
    if (secondVariable === undefined) push(variable, single);
    else {
      push(variable, key);
      push(secondVariable, value);
    }
  }

  #binding({ id, range, initial, accumulator, result }: Comprehension): Range {
    const before = addRanges(this.cost(range), this.cost(initial));
    this.#locals.push(this.#localFor(accumulator, initial));
    const after = this.cost(result);
    this.#copySizes({ id }, result);
    this.#locals.pop();
    return addRanges(before, after);
  }

  #copySizes(to: { readonly id: number }, from: Expression): void {
    this.#setSize(to, this.#size(from));
    const entries = this.#entriesOf(from);
    if (entries !== undefined) this.#entries.set(to.id, entries);
  }

  #setSize({ id }: { readonly id: number }, size: Range | undefined): void {
    if (size !== undefined) this.#sizes.set(id, size);
  }

  #size(expression: Expression): Range | undefined {
    const known = this.#sizes.get(expression.id) ?? sizeOfExpression(expression);
    if (known !== undefined) return known;
    const place = this.#place(expression);
    if (place !== undefined) {
      const size = sizeOfPlace(place);
      this.#sizes.set(expression.id, size);
      return size;
    }
    if (isScalar(this.#typeOf(expression))) return fixed(1);
    return expression.kind === "identifier" ? this.#local(expression.name)?.size : undefined;
  }

  #entriesOf(expression: Expression): EntrySize | undefined {
    const known = this.#entries.get(expression.id);
    if (known !== undefined || expression.kind !== "identifier") return known;
    return this.#local(expression.name)?.entries;
  }
}

function sizeOfPlace(type: CelType): Range {
  return { min: 0, max: type.maxElements ?? 0 };
}

function elementPlace(type: CelType | undefined): CelType | undefined {
  return type?.kind === "list" ? type.element : type?.kind === "map" ? type.value : undefined;
}

function sizeOfExpression(expression: Expression): Range | undefined {
  switch (expression.kind) {
    case "literal": {
      const { value } = expression;
      if (typeof value === "string") return fixed(characterCount(value));
      return fixed(value instanceof Uint8Array ? value.length : 1);
    }
    case "list":
      return fixed(expression.elements.length);
    case "map":
      return fixed(expression.entries.length);
    default:
      return undefined;
  }
}

function isScalar(type: CelType): boolean {
  switch (type.kind) {
    case "bool":
    case "double":
    case "duration":
    case "int":
    case "timestamp":
    case "uint":
      return true;
    default: {
      const inner = unwrapOptional(type);
      return inner !== undefined && isScalar(inner);
    }
  }
}

function unionOfEntries(a: EntrySize | undefined, b: EntrySize | undefined): EntrySize | undefined {
  if (a === undefined || b === undefined) return undefined;
  return { container: a.container, key: unionOfRanges(a.key, b.key), value: unionOfRanges(a.value, b.value) };
}

/** Whether a loop is never run, but gives a value a name. */
function isBinding({ range, condition }: Comprehension): boolean {
  return range.kind === "list" && range.elements.length === 0 && condition.kind === "literal" && condition.value === false;
}
