export * from "./health-server.ts";
export * from "./nftables-backend.ts";
