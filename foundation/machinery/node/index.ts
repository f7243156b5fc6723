export * from "./breath.ts";
export * from "./certificate-signer.ts";
export * from "./run-command.ts";
export * from "./signing-key.ts";
export * from "./system-clock.ts";
export * from "./system-random.ts";
export * from "./yaml-thread.ts";
