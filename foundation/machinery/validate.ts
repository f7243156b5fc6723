import { byteLength } from "./byte-length.ts";
import { duplicate, type FieldError, invalid, notSupported, required, shortened, tooLong } from "./field-errors.ts";
import { knownSpec } from "./known-specs.ts";
import { quantityProblem } from "./quantity.ts";
import { jsonFieldsOf, type JsonField } from "./schema-fields.ts";
import type { ObjectNode, Schema, SchemaNode } from "./schema.ts";

/**
 * What the schema finds wrong with an object: required values that are missing or empty, values outside an enum or its bounds,
 * texts that are too long, quantities that are none.
 *
 * Below `status` only bounds and lengths are looked at: controllers write it, and upstream asks nothing more of it. Duplicates in
 * lists are for each kind to find (see {@link duplicates}): upstream lets some pass, such as environment variables.
 *
 * @example
 * validateSchema(replicaSet, { …, spec: { replicas: -1 } });
 * // => [invalid("spec.replicas", -1, "must be greater than or equal to 0"), required("spec.selector")]
 */
export function validateSchema<T>(schema: Schema<T>, object: T, path = ""): readonly FieldError[] {
  const check = checkOf(schema.node);
  if (check === undefined) return [];
  const at = new ValidationPosition(path);
  check(object, at);
  return at.errors;
}

/** The items of a list that have the key of one before them, in upstream's words. `field` is the list's. */
export function duplicates<Item>(
  field: string,
  items: readonly Item[],
  keyOf: (item: Item) => string | undefined,
  { child }: { readonly child?: string } = {},
): readonly FieldError[] {
  const seen = new Set<string>();
  return items.flatMap((item, index) => {
    const key = keyOf(item);
    if (key === undefined || key === "") return [];
    if (seen.has(key)) return [duplicate(`${field}[${index}]${child === undefined ? "" : `.${child}`}`, key)];
    seen.add(key);
    return [];
  });
}

/** The places of items that have the key of one before them. A list may be so long that comparing each with each takes minutes. */
export function repeatedPlaces<Item>(items: readonly Item[], keyOf: (item: Item) => unknown): ReadonlySet<number> {
  const seen = new Set<unknown>();
  const places = new Set<number>();
  for (const [place, item] of items.entries()) if (seen.size === seen.add(keyOf(item)).size) places.add(place);
  return places;
}

/** Where in an object the walk is, and what it found. Kept in place: the path becomes a text only when something is wrong. */
class ValidationPosition {
  readonly errors: FieldError[] = [];
  readonly #root: string;
  readonly #steps: (string | number | { readonly key: string })[] = [];
  /** Below the status of the outermost object. */
  inStatus = false;

  constructor(root: string) {
    this.#root = root;
  }

  get depth(): number {
    return this.#steps.length;
  }

  down(step: string | number | { readonly key: string }): void {
    this.#steps.push(step);
  }

  up(): void {
    this.#steps.pop();
  }

  get path(): string {
    let text = this.#root;
    for (const step of this.#steps) {
      if (typeof step === "string") text += text === "" ? step : `.${step}`;
      else text += `[${typeof step === "number" ? step : shortened(step.key)}]`;
    }
    return text;
  }
}

type Check = (value: unknown, at: ValidationPosition) => void;

/** `check` is undefined where nothing below can be wrong. */
const checks = new WeakMap<SchemaNode, { readonly check: Check | undefined }>();

function checkOf(node: SchemaNode): Check | undefined {
  let known = checks.get(node);
  if (known === undefined) {
    known = { check: mayBeWrong(node, new Set()) ? compile(node) : undefined };
    checks.set(node, known);
  }
  return known.check;
}

function mayBeWrong(node: SchemaNode, seen: Set<SchemaNode>): boolean {
  if (seen.has(node)) return false;
  seen.add(node);
  switch (node.type) {
    case "object":
      return jsonFieldsOf(node).some((entry) => entry.field.required || fieldChecks(entry).length > 0 || mayBeWrong(entry.node, seen));
    case "list":
      return mayBeWrong(node.items, seen);
    case "map":
      return mayBeWrong(node.values, seen);
    case "string":
      return node.enum !== undefined;
    case "quantity":
      return true;
    default:
      return false;
  }
}

function compile(node: SchemaNode): Check | undefined {
  switch (node.type) {
    case "object":
      return objectCheck(node);
    case "list": {
      const item = checkOf(node.items)!;
      return (value, at) => {
        const items = value as readonly unknown[];
        for (let index = 0; index < items.length; index++) {
          at.down(index);
          item(items[index], at);
          at.up();
        }
      };
    }
    case "map": {
      const each = checkOf(node.values)!;
      return (value, at) => {
        const map = value as Readonly<Record<string, unknown>>;
        for (const key of Object.keys(map)) {
          at.down({ key });
          each(map[key], at);
          at.up();
        }
      };
    }
    case "string":
      return enumCheck(node.enum!);
    case "quantity":
      return (value, at) => {
        const problem = quantityProblem(value as string);
        if (problem !== undefined) at.errors.push(invalid(at.path, value, problem));
      };
    default:
      return undefined;
  }
}

function enumCheck(values: readonly string[]): Check {
  const supported = values.toSorted();
  const known = new Set(values);
  return (value, at) => {
    if (!known.has(value as string) && !at.inStatus) at.errors.push(notSupported(at.path, value, supported));
  };
}

interface FieldPlan {
  readonly name: string;
  readonly required: boolean;
  readonly isMissing: (value: unknown) => boolean;
  /** Optional and empty is as good as absent, unless upstream can tell the two apart. */
  readonly skipsEmpty: boolean;
  readonly checks: readonly Check[];
}

function objectCheck(node: ObjectNode): Check {
  // Made at the first use: a type may hold itself.
  let plan: readonly FieldPlan[] | undefined;
  return (value, at) => {
    plan ??= planOf(node);
    const object = value as Readonly<Record<string, unknown>>;
    for (const field of plan) {
      const given = object[field.name];
      if (given === undefined && !field.required) continue;
      if (given === "" && field.skipsEmpty) continue;
      const entersStatus = at.depth === 0 && field.name === "status";
      at.down(field.name);
      if (entersStatus) at.inStatus = true;
      if (field.required && field.isMissing(given)) {
        if (!at.inStatus) at.errors.push(required(at.path));
      } else if (given !== undefined) {
        for (const check of field.checks) check(given, at);
      }
      if (entersStatus) at.inStatus = false;
      at.up();
    }
  };
}

function planOf(node: ObjectNode): readonly FieldPlan[] {
  return jsonFieldsOf(node).flatMap((entry): readonly FieldPlan[] => {
    const { field } = entry;
    const inner = entry.name === "spec" ? specCheck(entry.node) : checkOf(entry.node);
    const own = [...fieldChecks(entry), ...(inner === undefined ? [] : [inner])];
    if (own.length === 0 && (!field.required || field.mayBeEmpty === true)) return [];
    return [
      {
        name: entry.name,
        required: field.required && field.mayBeEmpty !== true,
        isMissing: missing(entry),
        skipsEmpty: (!field.required || field.mayBeEmpty === true) && field.presence !== "pointer",
        checks: own,
      },
    ];
  });
}

/** Looks once at a spec that others have as well, when nothing is wrong with it. */
function specCheck(node: SchemaNode): Check | undefined {
  const check = checkOf(node);
  if (check === undefined) return undefined;
  return (value, at) => {
    const spec = knownSpec(node, value);
    if (spec?.isSound === true) return;
    const found = at.errors.length;
    check(value, at);
    if (spec !== undefined && at.errors.length === found) spec.isSound = true;
  };
}

/** Whether the value of a required field counts as not given. */
function missing({ field, node }: JsonField): (value: unknown) => boolean {
  switch (node.type) {
    case "list":
      return (value) => value === undefined || (value as readonly unknown[]).length === 0;
    case "integer": {
      // Where zero is outside the bounds, it is what Go has for a number that was not given.
      const zeroIsMissing = field.minimum !== undefined && field.minimum > 0 && field.presence !== "pointer";
      return (value) => value === undefined || (zeroIsMissing && value === 0);
    }
    default:
      return (value) => value === undefined || value === "";
  }
}

function fieldChecks({ field, node }: JsonField): readonly Check[] {
  const { minimum, maximum, maxLength } = field;
  const checks: Check[] = [];
  if (node.type === "integer" || node.type === "number") {
    const problem = outOfBounds(minimum, maximum);
    if (problem !== undefined) {
      const [least, most] = [minimum ?? -Infinity, maximum ?? Infinity];
      checks.push((value, at) => {
        if ((value as number) < least || (value as number) > most) at.errors.push(invalid(at.path, value, problem));
      });
    }
  }
  if (maxLength !== undefined) {
    checks.push((value, at) => {
      if (typeof value === "string" && byteLength(value) > maxLength) at.errors.push(tooLong(at.path, maxLength));
    });
  }
  return checks;
}

function outOfBounds(minimum: number | undefined, maximum: number | undefined): string | undefined {
  if (minimum !== undefined && maximum !== undefined) return `must be between ${minimum} and ${maximum}, inclusive`;
  if (minimum !== undefined) return `must be greater than or equal to ${minimum}`;
  return maximum === undefined ? undefined : `must be less than or equal to ${maximum}`;
}
