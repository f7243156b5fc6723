import { formatGoJson } from "../go-json.ts";
import type { JsonPath, Operand, Step, TemplateNode } from "./parse.ts";

/** What a template makes of an object. What isn't there is left out. */
export function executeJsonPath(template: readonly TemplateNode[], root: unknown, current: unknown = root): string {
  return template
    .map((node) => {
      switch (node.node) {
        case "text":
          return node.text;
        case "path":
          return valuesAtPath(node.path, root, current).map(formatJsonPathValue).join(" ");
        case "range":
          return valuesAtPath(node.over, root, current)
            .map((value) => executeJsonPath(node.body, root, value))
            .join("");
      }
    })
    .join("");
}

/** The values that a path leads to. */
export function valuesAtPath(path: JsonPath, root: unknown, current: unknown = root): readonly unknown[] {
  return path.steps.reduce<readonly unknown[]>(
    (values, step) => values.flatMap((value) => take(step, value, root)),
    [path.from === "root" ? root : current],
  );
}

/** A value as text: texts as they are, lists and maps as JSON. */
export function formatJsonPathValue(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : formatGoJson(value);
}

function take(step: Step, value: unknown, root: unknown): readonly unknown[] {
  switch (step.step) {
    case "field":
      return isJsonObject(value) && Object.hasOwn(value, step.name) ? [value[step.name]] : [];
    case "every":
      return childrenOf(value);
    case "descendants":
      return descendantsOf(value);
    case "index":
      return Array.isArray(value) ? present((value as readonly unknown[]).at(step.index)) : [];
    case "slice":
      return Array.isArray(value)
        ? (value as readonly unknown[]).slice(step.start ?? 0, step.end).filter((_, index) => index % step.stride === 0)
        : [];
    case "union":
      return step.choices.flatMap((choice) => take(choice, value, root));
    case "filter":
      return Array.isArray(value) ? (value as readonly unknown[]).filter((item) => passes(step, item, root)) : [];
  }
}

const present = (value: unknown): readonly unknown[] => (value === undefined ? [] : [value]);

function childrenOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value as readonly unknown[];
  if (!isJsonObject(value)) return [];
  return Object.keys(value)
    .sort()
    .map((key) => value[key]);
}

function descendantsOf(value: unknown): readonly unknown[] {
  return [value, ...childrenOf(value).flatMap(descendantsOf)];
}

function passes({ left, operator, right }: Extract<Step, { step: "filter" }>, item: unknown, root: unknown): boolean {
  const [first] = evaluate(left, item, root);
  if (operator === "exists") return evaluate(left, item, root).length > 0;
  const [second] = right === undefined ? [] : evaluate(right, item, root);
  if (first === undefined || second === undefined) return false;
  switch (operator) {
    case "==":
      return first === second;
    case "!=":
      return first !== second;
    case "<":
      return isLess(first, second);
    case ">":
      return isLess(second, first);
    case "<=":
      return first === second || isLess(first, second);
    case ">=":
      return first === second || isLess(second, first);
  }
}

function evaluate(operand: Operand, item: unknown, root: unknown): readonly unknown[] {
  return operand.operand === "value" ? [operand.value] : valuesAtPath(operand.path, root, item);
}

function isLess(a: unknown, b: unknown): boolean {
  if (typeof a === "number" && typeof b === "number") return a < b;
  return typeof a === "string" && typeof b === "string" && a < b;
}

function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
