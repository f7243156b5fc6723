export * from "./claims.ts";
export * from "./cloud.ts";
export * from "./configuration.ts";
export * from "./network.ts";
export * from "./node-local.ts";
export * from "./projected.ts";
export * from "./volume.ts";
