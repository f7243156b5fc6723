export { createMemoryStore } from "./memory-store.ts";
export type { MemoryStore, MemoryStoreOptions } from "./memory-store.ts";
export { decodeImage, encodeImage, type MemoryImage } from "./image.ts";
export type { Retention } from "./history.ts";
