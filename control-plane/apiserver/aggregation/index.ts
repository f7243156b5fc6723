export { createAggregation, type Aggregation, type AggregationOptions } from "./aggregation.ts";
export { builtInConstants } from "./local-services.ts";
export type { ClientCertificate } from "./back-end.ts";
