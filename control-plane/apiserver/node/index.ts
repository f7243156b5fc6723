export * from "./https-adapter.ts";
