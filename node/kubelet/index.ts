export * from "./kubelet.ts";
export type { Layout } from "./layout.ts";
export type * from "./system.ts";
