import { dynType, listType, mapType, sameType, typeType, type CelType, type TypeParameter } from "./types.ts";

/** What the type parameters of an expression have been found to stand for. */
export class Substitutions {
  #found = new Map<string, CelType>();

  get(parameter: TypeParameter): CelType | undefined {
    return this.#found.get(parameter.name);
  }

  /** Whether every type may stand where the one at the same place is wanted. What that says of type parameters is kept only then. */
  assignAll(given: readonly CelType[], wanted: readonly CelType[]): boolean {
    if (given.length !== wanted.length) return false;
    const before = this.#found;
    this.#found = new Map(before);
    const fits = given.every((type, index) => this.#assign(type, wanted[index]!));
    if (!fits) this.#found = before;
    return fits;
  }

  assign(given: CelType, wanted: CelType): boolean {
    return this.assignAll([given], [wanted]);
  }

  /** The type with all parameters replaced that are known; the unknown ones are dyn with `free: "dyn"`. */
  substitute(type: CelType, free: "dyn" | "keep" = "keep"): CelType {
    switch (type.kind) {
      case "parameter": {
        const found = this.#found.get(type.name);
        if (found !== undefined) return this.substitute(found, free);
        return free === "dyn" ? dynType : type;
      }
      case "list": {
        const element = this.substitute(type.element, free);
        return element === type.element ? type : listType(element);
      }
      case "map": {
        const key = this.substitute(type.key, free);
        const value = this.substitute(type.value, free);
        return key === type.key && value === type.value ? type : mapType(key, value);
      }
      case "opaque":
        if (type.parameters.length === 0) return type;
        return { ...type, parameters: type.parameters.map((each) => this.substitute(each, free)) };
      case "type":
        return type.of === undefined ? type : typeType(this.substitute(type.of, free));
      default:
        return type;
    }
  }

  #assign(given: CelType, wanted: CelType): boolean {
    if (wanted.kind === "parameter") {
      const known = this.#found.has(wanted.name);
      if (this.#bind(given, wanted)) return true;
      if (known) return false;
    }
    if (given.kind === "parameter") return this.#bind(wanted, given);
    if (isDynOrError(given) || isDynOrError(wanted)) return true;
    if (given.kind === "null") return isNullable(wanted);
    if (wanted.kind === "null") return isNullable(given);
    switch (given.kind) {
      case "list":
        return wanted.kind === "list" && this.#assign(given.element, wanted.element);
      case "map":
        return wanted.kind === "map" && this.#assign(given.key, wanted.key) && this.#assign(given.value, wanted.value);
      case "opaque":
        return (
          wanted.kind === "opaque" &&
          given.name === wanted.name &&
          given.parameters.length === wanted.parameters.length &&
          given.parameters.every((each, index) => this.#assign(each, wanted.parameters[index]!))
        );
      case "type":
        return wanted.kind === "type";
      default:
        return sameType(given, wanted);
    }
  }

  #bind(type: CelType, parameter: TypeParameter): boolean {
    if (sameType(type, parameter)) return true;
    const known = this.#found.get(parameter.name);
    if (known === undefined) {
      if (this.#occurs(parameter, type)) return false;
      this.#found.set(parameter.name, type);
      return true;
    }
    if (sameType(type, known)) return true;
    if (!this.#assign(type, known)) return false;
    const general = mostGeneral(type, known);
    if (!this.#occurs(parameter, general)) this.#found.set(parameter.name, general);
    return true;
  }

  #occurs(parameter: TypeParameter, within: CelType): boolean {
    switch (within.kind) {
      case "parameter": {
        if (within.name === parameter.name) return true;
        const known = this.#found.get(within.name);
        return known !== undefined && this.#occurs(parameter, known);
      }
      case "list":
        return this.#occurs(parameter, within.element);
      case "map":
        return this.#occurs(parameter, within.key) || this.#occurs(parameter, within.value);
      case "opaque":
        return within.parameters.some((each) => this.#occurs(parameter, each));
      case "type":
        return within.of !== undefined && this.#occurs(parameter, within.of);
      default:
        return false;
    }
  }
}

/** The more general of two types that fit each other. */
export function mostGeneral(a: CelType, b: CelType): CelType {
  // Null fits where an object does, but says nothing of what it is.
  if (a.kind === "null" || b.kind === "null") return a.kind === "null" ? b : a;
  return isLessSpecific(a, b) ? a : b;
}

export function isDynOrError(type: CelType): boolean {
  return type.kind === "dyn" || type.kind === "error";
}

function isNullable(type: CelType): boolean {
  return type.kind === "null" || type.kind === "opaque" || type.kind === "object" || type.kind === "duration" || type.kind === "timestamp";
}

function isLessSpecific(a: CelType, b: CelType): boolean {
  if (a.kind === "dyn" || a.kind === "parameter") return true;
  if (b.kind === "dyn" || b.kind === "parameter") return false;
  if (a.kind !== b.kind) return false;
  switch (a.kind) {
    case "list":
      return b.kind === "list" && isLessSpecific(a.element, b.element);
    case "map":
      return b.kind === "map" && isLessSpecific(a.key, b.key) && isLessSpecific(a.value, b.value);
    case "opaque":
      return (
        b.kind === "opaque" &&
        a.name === b.name &&
        a.parameters.length === b.parameters.length &&
        a.parameters.every((each, index) => isLessSpecific(each, b.parameters[index]!))
      );
    case "type":
      return true;
    default:
      return sameType(a, b);
  }
}
