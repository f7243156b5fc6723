export * from "./cloud-controller-manager.ts";
export type * from "./provider.ts";
export { localProvider, type LocalProviderOptions } from "./providers/local/index.ts";
