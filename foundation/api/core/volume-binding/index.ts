export * from "./annotations.ts";
export * from "./binding.ts";
export * from "./claims-of-pod.ts";
export * from "./match.ts";
