export { createMemoryStore } from "./memory-store.ts";
export type { MemoryStore, MemoryStoreOptions } from "./memory-store.ts";
export { decodeImage, encodeImage, type ImageDifference, imageLike, type MemoryImage, versionsOf } from "./image.ts";
export type { Retention, Version } from "./history.ts";
