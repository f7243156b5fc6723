export * from "./accept.ts";
export * from "./discovery.ts";
export type { RegisteredVersion, RemoteVersion } from "./merged.ts";
export * from "./subresources.ts";
