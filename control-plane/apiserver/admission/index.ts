export { admissionPlugins, type AdmissionPluginOptions } from "./plugins.ts";
