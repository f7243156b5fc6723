import { isDynOrError, mostGeneral, Substitutions } from "./assignability.ts";
import type { Overload } from "./declarations.ts";
import type { CelEnvironment } from "./environment.ts";
import { Issues } from "./errors.ts";
import { operators, type Call, type Comprehension, type Expression } from "./expression.ts";
import type { ListExpression, MapExpression, Select, StructExpression } from "./expression.ts";
import type { ParsedExpression } from "./parser.ts";
import {
  boolType,
  dynType,
  errorType,
  formatType,
  intType,
  listType,
  mapType,
  nullType,
  optionalType,
  stringType,
  typeType,
} from "./types.ts";
import { bytesType, doubleType, sameType, typeParameter, uintType, unwrapOptional, type CelType, type ObjectType } from "./types.ts";
import { CelDouble, CelTypeValue, CelUint, type CelValue } from "./values.ts";

/** What an expression that is no operation on other ones turned out to be. */
export type Reference =
  | { readonly kind: "variable"; readonly name: string }
  | { readonly kind: "constant"; readonly value: CelValue }
  | { readonly kind: "local"; readonly name: string }
  | { readonly kind: "struct"; readonly type: CelType & { readonly kind: "object" } };

export interface CheckedExpression extends ParsedExpression {
  /** By the id of the expression. */
  readonly types: readonly CelType[];
  readonly references: readonly (Reference | undefined)[];
  /** What a call may mean, and whether its target is but the namespace of the function (`optional` in `optional.none()`). */
  readonly calls: readonly (ResolvedCall | undefined)[];
}

export interface ResolvedCall {
  /** With its namespace. */
  readonly name: string;
  readonly namespaced: boolean;
  readonly overloads: readonly Overload[];
}

/** Finds the types of all parts of an expression. Throws `CelCompileError` with everything that doesn't fit. */
export function check(parsed: ParsedExpression, environment: CelEnvironment): CheckedExpression {
  const checker = new Checker(parsed, environment);
  return checker.checkAll();
}

class Checker {
  readonly #parsed: ParsedExpression;
  readonly #environment: CelEnvironment;
  readonly #issues: Issues;
  readonly #types: CelType[] = [];
  readonly #references: (Reference | undefined)[] = [];
  readonly #calls: (ResolvedCall | undefined)[] = [];
  readonly #substitutions = new Substitutions();
  /** The variables of the macros around, the innermost last. */
  readonly #scopes: { readonly name: string; readonly type: CelType }[] = [];
  #freeVariables = 0;

  constructor(parsed: ParsedExpression, environment: CelEnvironment) {
    this.#parsed = parsed;
    this.#environment = environment;
    this.#issues = new Issues(parsed.source);
  }

  checkAll(): CheckedExpression {
    this.#check(this.#parsed.expression);
    this.#issues.throwIfAny();
    const types = this.#types.map((type) => this.#substitutions.substitute(type, "dyn"));
    return { ...this.#parsed, types, references: this.#references, calls: this.#calls };
  }

  #check(expression: Expression): CelType {
    const type = this.#typeOf(expression);
    this.#types[expression.id] = type;
    return type;
  }

  #typeOf(expression: Expression): CelType {
    switch (expression.kind) {
      case "literal":
        return typeOfLiteral(expression.value);
      case "identifier":
        return this.#resolve(expression, expression.name) ?? this.#undeclared(expression.name, expression.at);
      case "select":
        return this.#select(expression);
      case "call":
        return this.#call(expression);
      case "list":
        return this.#list(expression);
      case "map":
        return this.#map(expression);
      case "struct":
        return this.#struct(expression);
      case "comprehension":
        return this.#comprehension(expression);
    }
  }

  /** The type of a name with or without dots, if there is one; what it means is kept. */
  #resolve({ id }: Expression, name: string): CelType | undefined {
    if (!name.startsWith(".")) {
      const local = this.#scopes.findLast((scope) => scope.name === name);
      if (local !== undefined) {
        this.#references[id] = { kind: "local", name };
        return local.type;
      }
    }
    for (const candidate of this.#environment.candidates(name)) {
      const variable = this.#environment.variable(candidate);
      if (variable !== undefined) {
        this.#references[id] = { kind: "variable", name: candidate };
        return variable;
      }
      const type = this.#environment.typeNamed(candidate);
      if (type !== undefined) {
        this.#references[id] = { kind: "constant", value: new CelTypeValue(type) };
        return typeType(type);
      }
    }
    return undefined;
  }

  #undeclared(name: string, at: number): CelType {
    this.#issues.add(`undeclared reference to '${name}' (in container '${this.#environment.container}')`, at);
    return errorType;
  }

  #select(expression: Select): CelType {
    const qualified = expression.testOnly ? undefined : qualifiedName(expression);
    if (qualified !== undefined && !this.#isLocal(qualified)) {
      const type = this.#resolve(expression, qualified);
      if (type !== undefined) return type;
    }
    const type = this.#field(expression, expression.operand, expression.field, false);
    return expression.testOnly ? boolType : this.#substitutions.substitute(type);
  }

  /** Whether a name with dots begins with the variable of a macro: then the rest of it are fields. */
  #isLocal(qualified: string): boolean {
    if (this.#scopes.length === 0) return false;
    const first = qualified.split(".", 1)[0]!;
    return this.#scopes.some((scope) => scope.name === first);
  }

  #field(expression: Expression, operand: Expression, field: string, optional: boolean): CelType {
    const operandType = this.#substitutions.substitute(this.#check(operand));
    const inner = unwrapOptional(operandType);
    const type = this.#fieldOf(expression, inner ?? operandType, field);
    return inner !== undefined || optional ? optionalType(type) : type;
  }

  #fieldOf({ at }: Expression, type: CelType, field: string): CelType {
    switch (type.kind) {
      case "map":
        return type.value;
      case "object": {
        const found = type.field(field);
        if (found !== undefined) return found.type;
        this.#issues.add(`undefined field '${field}'`, at);
        return errorType;
      }
      case "parameter":
        this.#substitutions.assign(dynType, type);
        return dynType;
      default:
        if (!isDynOrError(type)) this.#issues.add(`type '${formatType(type)}' does not support field selection`, at);
        return dynType;
    }
  }

  #call(call: Call): CelType {
    if (call.function === operators.optionalSelect) {
      const [operand, name] = call.arguments as readonly [Expression, Expression];
      this.#types[name.id] = stringType;
      const field = name.kind === "literal" && typeof name.value === "string" ? name.value : "";
      this.#calls[call.id] = { name: call.function, namespaced: false, overloads: [] };
      return this.#substitutions.substitute(this.#field(call, operand, field, true));
    }
    for (const argument of call.arguments) this.#check(argument);
    const { target } = call;
    if (target === undefined) {
      const found = this.#function(call.function);
      return found === undefined ? this.#undeclared(call.function, call.at) : this.#resolveOverload(call, found, false);
    }
    const prefix = qualifiedName(target);
    if (prefix !== undefined && !this.#isLocal(prefix)) {
      const found = this.#function(`${prefix}.${call.function}`);
      if (found !== undefined) return this.#resolveOverload(call, found, true);
    }
    this.#check(target);
    const found = this.#function(call.function);
    return found === undefined ? this.#undeclared(call.function, call.at) : this.#resolveOverload(call, found, false);
  }

  #function(name: string): { readonly name: string; readonly overloads: readonly Overload[] } | undefined {
    for (const candidate of this.#environment.candidates(name)) {
      const found = this.#environment.function(candidate);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #resolveOverload(
    call: Call,
    { name, overloads }: { readonly name: string; readonly overloads: readonly Overload[] },
    namespaced: boolean,
  ): CelType {
    const isMethod = call.target !== undefined && !namespaced;
    const operands = isMethod ? [call.target!, ...call.arguments] : call.arguments;
    const types = operands.map(({ id }) => this.#types[id]!);
    if (name === operators.and || name === operators.or) return this.#logical(call, overloads, types);
    const matching: Overload[] = [];
    let result: CelType | undefined;
    for (const overload of overloads) {
      if (overload.method !== isMethod) continue;
      const [own, parameters] = this.#instantiate(overload);
      if (!this.#substitutions.assignAll(types, parameters)) continue;
      matching.push(overload);
      const found = this.#substitutions.substitute(own);
      if (result === undefined) result = found;
      else if (result.kind !== "dyn" && !sameType(result, found)) result = dynType;
    }
    if (result === undefined) {
      const shown = types.map((type) => formatType(this.#substitutions.substitute(type, "dyn")));
      const signature = isMethod ? `${shown[0]}.(${shown.slice(1).join(", ")})` : `(${shown.join(", ")})`;
      this.#issues.add(`found no matching overload for '${name}' applied to '${signature}'`, call.at);
      return errorType;
    }
    this.#calls[call.id] = { name, namespaced, overloads: matching };
    return result;
  }

  #logical(call: Call, overloads: readonly Overload[], types: readonly CelType[]): CelType {
    this.#calls[call.id] = { name: call.function, namespaced: false, overloads };
    let fits = true;
    types.forEach((type, index) => {
      if (this.#substitutions.assign(type, boolType)) return;
      fits = false;
      this.#mismatch(boolType, type, call.arguments[index]!.at);
    });
    return fits ? boolType : errorType;
  }

  /** The result and the parameters of an overload, with type parameters that nothing else uses. */
  #instantiate({ result, parameters }: Overload): readonly [CelType, readonly CelType[]] {
    if (![result, ...parameters].some(hasParameters)) return [result, parameters];
    const fresh = new Map<string, CelType>();
    const rename = (type: CelType): CelType => {
      switch (type.kind) {
        case "parameter": {
          const known = fresh.get(type.name) ?? this.#freeVariable();
          fresh.set(type.name, known);
          return known;
        }
        case "list":
          return listType(rename(type.element));
        case "map":
          return mapType(rename(type.key), rename(type.value));
        case "opaque":
          return type.parameters.length === 0 ? type : { ...type, parameters: type.parameters.map(rename) };
        case "type":
          return type.of === undefined ? type : typeType(rename(type.of));
        default:
          return type;
      }
    };
    return [rename(result), parameters.map(rename)];
  }

  #freeVariable(): CelType {
    return typeParameter(`_var${this.#freeVariables++}`);
  }

  #mismatch(expected: CelType, actual: CelType, at: number): void {
    this.#issues.add(`expected type '${formatType(expected)}' but found '${formatType(actual)}'`, at);
  }

  /** The type of an element that is left out when it is `optional.none()`. */
  #optionalElement(expression: Expression, type: CelType): CelType {
    const inner = unwrapOptional(type);
    if (inner !== undefined) return inner;
    if (type.kind !== "dyn") this.#mismatch(optionalType(type), type, expression.at);
    return type;
  }

  /** The common type of what stands in one list or map literal: dyn when there is none. */
  #join(previous: CelType | undefined, current: CelType): CelType {
    if (previous === undefined) return current;
    return this.#substitutions.assign(previous, current) ? mostGeneral(previous, current) : dynType;
  }

  #list({ elements, optionals }: ListExpression): CelType {
    let joined: CelType | undefined;
    elements.forEach((element, index) => {
      const type = this.#check(element);
      joined = this.#join(joined, optionals.has(index) ? this.#optionalElement(element, type) : type);
    });
    return listType(joined ?? this.#freeVariable());
  }

  #map({ entries }: MapExpression): CelType {
    let keys: CelType | undefined;
    let values: CelType | undefined;
    for (const { key, value, optional } of entries) {
      keys = this.#join(keys, this.#check(key));
      const type = this.#check(value);
      values = this.#join(values, optional ? this.#optionalElement(value, type) : type);
    }
    return mapType(keys ?? this.#freeVariable(), values ?? this.#freeVariable());
  }

  #struct(expression: StructExpression): CelType {
    const type = this.#structType(expression);
    // Without its type nothing can be said of the fields.
    if (type === undefined) return errorType;
    this.#references[expression.id] = { kind: "struct", type };
    for (const { name, value, optional, at } of expression.fields) {
      const given = this.#check(value);
      const inner = optional ? this.#optionalElement(value, given) : given;
      const field = type.field(name);
      if (field === undefined) this.#issues.add(`undefined field '${name}'`, at);
      else if (!this.#substitutions.assign(field.type, inner)) {
        const types = `is '${formatType(field.type)}' but provided type is '${formatType(inner)}'`;
        this.#issues.add(`expected type of field '${name}' ${types}`, at);
      }
    }
    return type;
  }

  #structType({ type: name, at }: StructExpression): ObjectType | undefined {
    for (const candidate of this.#environment.candidates(name)) {
      const type = this.#environment.typeNamed(candidate);
      if (type === undefined) continue;
      if (type.kind === "object" && type.constructible === true) return type;
      this.#issues.add(`'${formatType(type)}' is not a message type`, at);
      return undefined;
    }
    this.#undeclared(name, at);
    return undefined;
  }

  #comprehension(loop: Comprehension): CelType {
    const range = this.#substitutions.substitute(this.#check(loop.range));
    const accumulated = this.#check(loop.initial);
    const [first, second] = this.#variables(loop, range);
    const depth = this.#scopes.length;
    this.#scopes.push({ name: loop.accumulator, type: accumulated });
    this.#scopes.push({ name: loop.variable, type: first });
    if (loop.secondVariable !== undefined) this.#scopes.push({ name: loop.secondVariable, type: second });
    this.#assert(loop.condition, boolType);
    this.#assert(loop.step, accumulated);
    this.#scopes.length = depth + 1;
    const result = this.#check(loop.result);
    this.#scopes.length = depth;
    return this.#substitutions.substitute(result);
  }

  #variables({ range, secondVariable }: Comprehension, type: CelType): readonly [CelType, CelType] {
    switch (type.kind) {
      case "list":
        return secondVariable === undefined ? [type.element, errorType] : [intType, type.element];
      case "map":
        return [type.key, type.value];
      case "dyn":
      case "error":
      case "parameter":
        this.#substitutions.assign(dynType, type);
        return [dynType, dynType];
      default: {
        const shown = formatType(type);
        this.#issues.add(`expression of type '${shown}' cannot be range of a comprehension (must be list, map, or dynamic)`, range.at);
        return [errorType, errorType];
      }
    }
  }

  #assert(expression: Expression, wanted: CelType): void {
    const type = this.#check(expression);
    if (!this.#substitutions.assign(wanted, type)) this.#mismatch(wanted, type, expression.at);
  }
}

/** `a.b.c` for an expression that is only names and dots. */
function qualifiedName(expression: Expression): string | undefined {
  if (expression.kind === "identifier") return expression.name;
  if (expression.kind !== "select" || expression.testOnly) return undefined;
  const prefix = qualifiedName(expression.operand);
  return prefix === undefined ? undefined : `${prefix}.${expression.field}`;
}

function hasParameters(type: CelType): boolean {
  switch (type.kind) {
    case "parameter":
      return true;
    case "list":
      return hasParameters(type.element);
    case "map":
      return hasParameters(type.key) || hasParameters(type.value);
    case "opaque":
      return type.parameters.some(hasParameters);
    case "type":
      return type.of !== undefined && hasParameters(type.of);
    default:
      return false;
  }
}

function typeOfLiteral(value: CelValue): CelType {
  switch (typeof value) {
    case "string":
      return stringType;
    case "boolean":
      return boolType;
    case "number":
    case "bigint":
      return intType;
    default:
      if (value === null) return nullType;
      if (value instanceof CelDouble) return doubleType;
      return value instanceof CelUint ? uintType : bytesType;
  }
}
