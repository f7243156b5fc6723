export { type Registry, type RegistryOptions, startRegistry } from "./registry.ts";
export { busyboxImage, echoImage, whyNoTestImages } from "./test-images.ts";
