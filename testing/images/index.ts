export { type Registry, type RegistryOptions, startRegistry } from "./registry.ts";
export { busyboxImage, echoImage, setuidImage, whyNoTestImages } from "./test-images.ts";
