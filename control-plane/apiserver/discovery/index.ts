export * from "./accept.ts";
export * from "./discovery.ts";
export * from "./subresources.ts";
