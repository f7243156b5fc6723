import type { Call, Comprehension, Expression, Identifier, ListExpression, Literal, MapEntry } from "./expression.ts";
import type { MapExpression, Select, StructExpression, StructField } from "./expression.ts";
import type { CelValue } from "./values.ts";

/** Makes expressions with ids of their own. */
export class ExpressionFactory {
  #nextId = 0;

  /** How many ids were given. */
  get size(): number {
    return this.#nextId;
  }

  literal(value: CelValue, at: number): Literal {
    return { kind: "literal", id: this.#nextId++, at, value };
  }

  identifier(name: string, at: number): Identifier {
    return { kind: "identifier", id: this.#nextId++, at, name };
  }

  select(operand: Expression, field: string, at: number, testOnly = false): Select {
    return { kind: "select", id: this.#nextId++, at, operand, field, testOnly };
  }

  call(name: string, args: readonly Expression[], at: number, target?: Expression): Call {
    return { kind: "call", id: this.#nextId++, at, function: name, target, arguments: args };
  }

  list(elements: readonly Expression[], at: number, optionals: ReadonlySet<number> = new Set()): ListExpression {
    return { kind: "list", id: this.#nextId++, at, elements, optionals };
  }

  map(entries: readonly MapEntry[], at: number): MapExpression {
    return { kind: "map", id: this.#nextId++, at, entries };
  }

  entry(key: Expression, value: Expression, at: number, optional = false): MapEntry {
    return { id: this.#nextId++, at, key, value, optional };
  }

  struct(type: string, fields: readonly StructField[], at: number): StructExpression {
    return { kind: "struct", id: this.#nextId++, at, type, fields };
  }

  field(name: string, value: Expression, at: number, optional: boolean): StructField {
    return { id: this.#nextId++, at, name, value, optional };
  }

  comprehension(parts: Omit<Comprehension, "kind" | "id">): Comprehension {
    return { kind: "comprehension", id: this.#nextId++, ...parts };
  }

  /** The same expression with ids of its own. */
  copy(expression: Expression): Expression {
    const id = this.#nextId++;
    switch (expression.kind) {
      case "literal":
      case "identifier":
        return { ...expression, id };
      case "select":
        return { ...expression, id, operand: this.copy(expression.operand) };
      case "call": {
        const target = expression.target === undefined ? undefined : this.copy(expression.target);
        return { ...expression, id, target, arguments: expression.arguments.map((each) => this.copy(each)) };
      }
      case "list":
        return { ...expression, id, elements: expression.elements.map((each) => this.copy(each)) };
      case "map": {
        const entries = expression.entries.map((each) => ({
          ...each,
          id: this.#nextId++,
          key: this.copy(each.key),
          value: this.copy(each.value),
        }));
        return { ...expression, id, entries };
      }
      case "struct": {
        const fields = expression.fields.map((each) => ({ ...each, id: this.#nextId++, value: this.copy(each.value) }));
        return { ...expression, id, fields };
      }
      case "comprehension":
        return {
          ...expression,
          id,
          range: this.copy(expression.range),
          initial: this.copy(expression.initial),
          condition: this.copy(expression.condition),
          step: this.copy(expression.step),
          result: this.copy(expression.result),
        };
    }
  }
}
