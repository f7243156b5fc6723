import { type FieldError, forbidden, invalid, type Steps } from "@kubets/machinery";
import { validateDefaults } from "./default-rules.ts";
import type { JSONSchemaProps } from "./json-schema-props.ts";
import { validateRuleExpressions } from "./rule-cost-rules.ts";
import { validateOpenApiSchema } from "./schema-rules.ts";
import { validateStructural } from "./structural-rules.ts";

export interface RootSchemaRules {
  /** The version has a status subresource, whose schema is looked at by itself. */
  readonly hasStatus: boolean;
  /** The schema is as it was before the update. */
  readonly isUnchanged: boolean;
}

/** What is wrong with the schema of a version. */
export function* validateRootSchema(
  schema: JSONSchemaProps,
  path: string,
  { hasStatus, isUnchanged }: RootSchemaRules,
): Steps<readonly FieldError[]> {
  const structural = yield* validateStructural(schema, path);
  const errors = [
    ...(hasStatus ? validateForStatus(schema, path) : []),
    ...(schema.nullable === true ? [forbidden(`${path}.nullable`, "nullable cannot be true at the root")] : []),
    ...(structural.length > 0 ? structural : yield* validateDefaults(schema, path)),
    ...(yield* validateOpenApiSchema(schema, path)),
  ];
  // Rules speak of the types that a schema gives; nothing can be said of them where it gives none.
  return errors.length > 0 ? errors : yield* validateRuleExpressions(schema, path, { isUnchanged });
}

// The schema of the status is cut out of the whole: what stands beside the properties must not be about it.
const allowedAtRoot = [
  "Description",
  "Type",
  "Format",
  "Title",
  "Maximum",
  "ExclusiveMaximum",
  "Minimum",
  "ExclusiveMinimum",
  "MaxLength",
  "MinLength",
  "Pattern",
  "MaxItems",
  "MinItems",
  "UniqueItems",
  "MultipleOf",
  "Required",
  "Items",
  "Properties",
  "ExternalDocs",
  "Example",
  "XPreserveUnknownFields",
  "XValidations",
];
const allowed = new Set(allowedAtRoot.map((name) => name.toLowerCase()));

function validateForStatus(schema: JSONSchemaProps, path: string): readonly FieldError[] {
  const { type = "" } = schema;
  if (type !== "object") {
    const only = 'only "object" is allowed as the type at the root of the schema if the status subresource is enabled';
    if (type !== "") return [invalid(`${path}.type`, type, only)];
  }
  const strange = Object.keys(schema).some(
    (name) => !allowed.has(name.replace("x-kubernetes-", "x").replaceAll(/[-$]/g, "").toLowerCase()),
  );
  if (!strange) return [];
  const only = `only [${allowedAtRoot.join(" ")}] fields are allowed at the root of the schema if the status subresource is enabled`;
  return [invalid(path, schema, only)];
}
