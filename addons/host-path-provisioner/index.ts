export * from "./directories.ts";
export * from "./provisioner.ts";
export * from "./run.ts";
export * from "./storage-class.ts";
