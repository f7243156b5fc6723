export { type Applied, createFieldManager, type FieldManager, type ServedVersion } from "./field-manager.ts";
export { lastAppliedAnnotation } from "./last-applied.ts";
export { canonicalManagers, sameButForTimes } from "./managers.ts";
export { mergeConfiguration } from "./merge-configuration.ts";
