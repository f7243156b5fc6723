export * from "./directories.ts";
