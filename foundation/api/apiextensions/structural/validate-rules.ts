import { byteLength, duplicate, type FieldError, forbidden, invalid, omittedValue, required } from "@kubets/machinery";
import {
  CelCostError,
  CelEvaluationError,
  CelOptional,
  type CelProgram,
  type CelValue,
  runtimeCostBudget,
  toCelValue,
} from "@kubets/machinery/cel";
import type { JSONSchemaProps, ValidationRule } from "../json-schema-props.ts";
import type { CompiledRule } from "./compiled-rules.ts";
import { Correlated } from "./correlation.ts";
import { type RuleNode, rulesOf } from "./rule-tree.ts";
import { isObject } from "./schema-forms.ts";

export interface RuleOptions {
  /** The value before an update: transition rules are asked, and rules that what didn't change breaks are let pass. */
  readonly previous?: { readonly value: unknown };
  /** The field that the value is of. */
  readonly path?: string;
  /** The value is an object of a kind, with its type and metadata. */
  readonly isRoot?: boolean;
}

/** The rules of a schema that a value breaks. What they may cost together is bounded, and the rest isn't asked once that is spent. */
export function validateRules(
  schema: JSONSchemaProps,
  value: unknown,
  { previous, path = "", isRoot = true }: RuleOptions = {},
): readonly FieldError[] {
  const node = rulesOf(schema, { isRoot });
  if (node === undefined) return [];
  const judge = new Judge();
  const now = previous === undefined ? undefined : new Correlated(previous.value, value);
  judge.judge(node, value, { path, old: previous?.value, now, parent: undefined });
  return judge.errors;
}

interface Place {
  readonly path: string;
  /** The value in its place before, if it can be told which that was. */
  readonly old: unknown;
  readonly now: Correlated | undefined;
  /** The nearest value around it of which that can be told. */
  readonly parent: Correlated | undefined;
}

const outOfBudget = "validation failed due to running out of cost budget, no further validation rules will be run";

/** One object on its way through its rules. */
class Judge {
  readonly errors: FieldError[] = [];
  #budget = runtimeCostBudget;
  /** Nothing more is asked. */
  #isOver = false;

  judge(node: RuleNode, value: unknown, place: Place): void {
    if (value === null || value === undefined || this.#isOver) return;
    if (node.rules.length > 0) this.#ask(node, value, place);
    if (Array.isArray(value)) this.#judgeItems(node, value as readonly unknown[], place);
    else if (isObject(value)) this.#judgeFields(node, value, place);
  }

  #judgeItems(node: RuleNode, value: readonly unknown[], place: Place): void {
    const { items } = node;
    if (items === undefined) return;
    const lists = new Correlated(place.old, value);
    for (const [index, item] of value.entries()) {
      if (this.#isOver) return;
      const before = Array.isArray(place.old) ? lists.item(node.schema, item) : undefined;
      this.judge(items, item, {
        path: `${place.path}[${index}]`,
        old: before?.before,
        ...inner(place, place.now?.item(node.schema, item)),
      });
    }
  }

  #judgeFields(node: RuleNode, value: Readonly<Record<string, unknown>>, place: Place): void {
    const { properties = {} } = node.schema;
    for (const name in value) {
      if (this.#isOver) return;
      const field = node.field(name);
      if (field === undefined) continue;
      const old = isObject(place.old) && Object.hasOwn(place.old, name) ? place.old[name] : undefined;
      const path = Object.hasOwn(properties, name) ? (place.path === "" ? name : `${place.path}.${name}`) : `${place.path}[${name}]`;
      this.judge(field, value[name], { path, old, ...inner(place, place.now?.field(name, value[name])) });
    }
  }

  #ask(node: RuleNode, value: unknown, place: Place): void {
    const { type = "" } = node.schema;
    const complain = (detail: string): number => this.errors.push(invalid(place.path, type, detail));
    if (this.#budget <= 0) {
      complain(outOfBudget);
      this.#isOver = true;
      return;
    }
    const hasOld = place.old !== undefined && place.old !== null;
    const self = toCelValue(value, node.type);
    const oldSelf = hasOld ? toCelValue(place.old, node.type) : undefined;
    for (const compiled of node.rules) {
      const { rule, program, usesOldSelf } = compiled;
      if (compiled.problem !== undefined) complain(`rule compile error: ${compiled.problem}`);
      if (program === undefined) continue;
      const isOptional = rule.optionalOldSelf === true;
      if (usesOldSelf && !hasOld && !isOptional) continue;
      const bindings = {
        self,
        oldSelf: isOptional ? (oldSelf === undefined ? CelOptional.none : new CelOptional(oldSelf)) : (oldSelf ?? null),
      };
      try {
        const evaluation = this.#spend(program, bindings);
        if (evaluation === undefined) {
          complain(outOfBudget);
          return;
        }
        if (evaluation.value === true) continue;
      } catch (error) {
        if (error instanceof CelCostError) {
          complain(`'${error.message}': no further validation rules will be run due to call cost exceeds limit for rule: ${textOf(rule)}`);
          this.#isOver = true;
          return;
        }
        if (!(error instanceof CelEvaluationError)) throw error;
        complain(
          error.message.startsWith("no such overload")
            ? `'${error.message}': call arguments did not match a supported operator, function or macro signature for rule: ${textOf(rule)}`
            : `${error.message} evaluating rule: ${textOf(rule)}`,
        );
        continue;
      }
      const detail = this.#messageOf(compiled, bindings);
      const isOld = !usesOldSelf && (place.now ?? place.parent)?.isUnchanged === true;
      if (!isOld)
        this.errors.push(
          brokenRule(compiled, { path: place.path, value: type === "object" || type === "array" ? omittedValue : value, detail }),
        );
      if (this.#isOver) return;
    }
  }

  #spend(program: CelProgram, bindings: Readonly<Record<string, CelValue>>): { readonly value: CelValue } | undefined {
    const { value, cost } = program.evaluateWithCost(bindings);
    if (cost > this.#budget) {
      this.#isOver = true;
      return undefined;
    }
    this.#budget -= cost;
    return { value };
  }

  /** What is said of a broken rule. A message that can't be made is that of a rule without one. */
  #messageOf({ rule, messageProgram }: CompiledRule, bindings: Readonly<Record<string, CelValue>>): string {
    const plain = (rule.message ?? "") === "" ? `failed rule: ${textOf(rule)}` : rule.message!.trim();
    if (messageProgram === undefined) return plain;
    try {
      const evaluation = this.#spend(messageProgram, bindings);
      if (evaluation === undefined)
        return "messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run";
      const text = typeof evaluation.value === "string" ? evaluation.value.trim() : "";
      return text === "" || byteLength(text) > longestMessage || text.includes("\n") ? plain : text;
    } catch (error) {
      if (error instanceof CelCostError) {
        this.#isOver = true;
        return `no further validation rules will be run due to call cost exceeds limit for messageExpression: ${JSON.stringify(rule.messageExpression)}`;
      }
      if (error instanceof CelEvaluationError) return plain;
      throw error;
    }
  }
}

const longestMessage = 5 * 1024;

function inner(place: Place, now: Correlated | undefined): Pick<Place, "now" | "parent"> {
  // Below what can't be followed, the last that could is what may be unchanged.
  return place.now === undefined ? { now: undefined, parent: place.parent } : { now, parent: place.now };
}

function textOf({ rule, message = "" }: ValidationRule): string {
  return (message === "" ? rule : message).trim();
}

function brokenRule(
  { rule, field }: CompiledRule,
  { path, value, detail }: { readonly path: string; readonly value: unknown; readonly detail: string },
): FieldError {
  const at = field === "" ? path : path === "" || field.startsWith("[") ? `${path}${field}` : `${path}.${field}`;
  switch (rule.reason) {
    case "FieldValueForbidden":
      return forbidden(at, detail);
    case "FieldValueRequired":
      return required(at, detail);
    case "FieldValueDuplicate":
      return duplicate(at, value);
    default:
      return invalid(at, value, detail);
  }
}
