export { type Approval, approvalOf, isProtectedGroup } from "./approval.ts";
export { definitionCondition, type DefinitionConditionType, isDefinitionCondition, withCondition } from "./conditions.ts";
export * from "./custom-resource-definition.ts";
export { cleanupFinalizer } from "./definition-strategy.ts";
export { type ExternalDocumentation, type JSONSchemaProps, type ValidationRule } from "./json-schema-props.ts";
export { type SchemaAtPath, schemaAtPath } from "./schema-paths.ts";
export { validateStructural } from "./structural-rules.ts";
export * from "./structural/index.ts";
