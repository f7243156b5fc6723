export { duplexOf } from "./duplex.ts";
export * from "./https-adapter.ts";
export { logDirectory } from "./log-directory.ts";
