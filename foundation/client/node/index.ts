export { createHttpsTransport, type Credentials, type HttpsTransportOptions } from "./https-transport.ts";
export * from "./kubeconfig-transport.ts";
export * from "./kubeconfig.ts";
