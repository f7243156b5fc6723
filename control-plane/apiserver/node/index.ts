export { duplexOf } from "./duplex.ts";
export * from "./https-adapter.ts";
