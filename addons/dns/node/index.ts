export * from "./dns-server.ts";
export * from "./upstream.ts";
