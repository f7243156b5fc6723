import { celTypeOfSchema, type CelType, escapeName, type StructuralSchema } from "@kubets/machinery/cel";
import type { JSONSchemaProps } from "../json-schema-props.ts";
import { type CompiledRule, compileRules } from "./compiled-rules.ts";
import { isEmbeddedResource, isObject, itemsOf } from "./schema-forms.ts";

/** A schema with its rules, and those of the schemas within it that have some. What nobody asks for isn't made. */
export class RuleNode {
  readonly schema: JSONSchemaProps;
  readonly #typeOf: () => CelType | undefined;
  #type: { readonly type: CelType | undefined } | undefined;
  #rules: readonly CompiledRule[] | undefined;
  #items: { readonly node: RuleNode | undefined } | undefined;
  readonly #fields = new Map<string, RuleNode | undefined>();

  constructor(schema: JSONSchemaProps, typeOf: () => CelType | undefined) {
    this.schema = schema;
    this.#typeOf = typeOf;
  }

  /** The type of the values; `undefined` for those that rules can't see. */
  get type(): CelType | undefined {
    return (this.#type ??= { type: this.#typeOf() }).type;
  }

  get rules(): readonly CompiledRule[] {
    if (this.#rules === undefined) {
      const has = (this.schema["x-kubernetes-validations"] ?? []).length > 0;
      this.#rules = has && this.type !== undefined ? compileRules(this.schema, this.type) : [];
    }
    return this.#rules;
  }

  /** The rules of a list's items. */
  get items(): RuleNode | undefined {
    if (this.#items === undefined) {
      const items = itemsOf(this.schema);
      this.#items = {
        node: items === undefined ? undefined : this.#within(items, (type) => (type.kind === "list" ? type.element : undefined)),
      };
    }
    return this.#items.node;
  }

  /** The rules of a field, by its name or of all that have no schema of their own. */
  field(name: string): RuleNode | undefined {
    const { properties, additionalProperties } = this.schema;
    const isNamed = properties !== undefined && Object.hasOwn(properties, name);
    const key = isNamed ? `.${name}` : "*";
    if (this.#fields.has(key)) return this.#fields.get(key);
    const schema = isNamed ? properties[name] : isObject(additionalProperties) ? (additionalProperties as JSONSchemaProps) : undefined;
    const node = schema === undefined ? undefined : this.#within(schema, (type) => fieldType(type, name, isNamed));
    this.#fields.set(key, node);
    return node;
  }

  #within(schema: JSONSchemaProps, typeIn: (type: CelType) => CelType | undefined): RuleNode | undefined {
    if (!hasRules(schema)) return undefined;
    return new RuleNode(schema, () => {
      // Where nobody has made the type of the whole, that of the part is made by itself: schemas may be large.
      const outer = this.#type?.type;
      return (outer === undefined ? undefined : typeIn(outer)) ?? typeOfValues(schema, isEmbeddedResource(schema));
    });
  }
}

// A list of schemas for the items of one list is not structural, and refused before anybody asks for types.
function typeOfValues(schema: JSONSchemaProps, root: boolean): CelType | undefined {
  return celTypeOfSchema(schema as unknown as StructuralSchema, { root });
}

function fieldType(type: CelType, name: string, isNamed: boolean): CelType | undefined {
  if (!isNamed) return type.kind === "map" ? type.value : undefined;
  const escaped = escapeName(name);
  return type.kind === "object" && escaped !== undefined ? type.field(escaped)?.type : undefined;
}

const known = new WeakMap<JSONSchemaProps, boolean>();

/** Whether there are rules anywhere in a schema. */
export function hasRules(schema: JSONSchemaProps): boolean {
  let answer = known.get(schema);
  if (answer === undefined) {
    const { properties = {}, additionalProperties } = schema;
    const items = itemsOf(schema);
    answer =
      (schema["x-kubernetes-validations"] ?? []).length > 0 ||
      (items !== undefined && hasRules(items)) ||
      (isObject(additionalProperties) && hasRules(additionalProperties as JSONSchemaProps)) ||
      Object.values(properties).some(hasRules);
    known.set(schema, answer);
  }
  return answer;
}

const roots = new WeakMap<JSONSchemaProps, RuleNode>();

/** The rules of a schema; `undefined` when there are none. */
export function rulesOf(schema: JSONSchemaProps, { isRoot }: { readonly isRoot: boolean }): RuleNode | undefined {
  if (!hasRules(schema)) return undefined;
  let node = roots.get(schema);
  if (node === undefined) {
    node = new RuleNode(schema, () => typeOfValues(schema, isRoot));
    roots.set(schema, node);
  }
  return node;
}
