export * from "./bootstrap-tokens.ts";
export * from "./chain.ts";
export * from "./client-certificate.ts";
export * from "./endpoints.ts";
export * from "./in-process.ts";
export * from "./service-account-tokens.ts";
export * from "./users.ts";
export { trackLegacyTokens } from "./legacy-tokens.ts";
