export * from "./backend.ts";
export { render, renderRemoval, type RenderOptions } from "./backends/nftables/render.ts";
export * from "./health.ts";
export * from "./plan.ts";
export * from "./proxy.ts";
export * from "./ruleset.ts";
export * from "./stale-connections.ts";
export * from "./trace.ts";
