export * from "./nftables-backend.ts";
export * from "./run-command.ts";
