export * from "./chain.ts";
export * from "./endpoints.ts";
export * from "./escalation.ts";
export * from "./node.ts";
export * from "./policy-rules.ts";
export * from "./rbac.ts";
