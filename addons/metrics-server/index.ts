export * from "./metrics-server.ts";
export * from "./objects.ts";
