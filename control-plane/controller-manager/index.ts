export * from "./controller-manager.ts";
export * from "./controllers.ts";
