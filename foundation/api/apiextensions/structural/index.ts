export * from "./coerce.ts";
export type { CompiledRule } from "./compiled-rules.ts";
export * from "./defaults.ts";
export * from "./list-types.ts";
export * from "./prune.ts";
export { hasRules, type RuleNode, rulesOf } from "./rule-tree.ts";
export * from "./validate-embedded.ts";
export { type RuleOptions, validateRules } from "./validate-rules.ts";
export * from "./validate-value.ts";
