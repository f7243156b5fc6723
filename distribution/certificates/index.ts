export type { AlternativeNames, KeyPair } from "./certificate.ts";
export { type CertificateOptions, type Certificates, type ComponentName, createCertificates, ensureCertificates } from "./certificates.ts";
export { kubeconfig, type KubeconfigOptions } from "./kubeconfig.ts";
