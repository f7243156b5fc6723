export { createAggregation, type Aggregation, type AggregationOptions } from "./aggregation.ts";
export type { ClientCertificate } from "./back-end.ts";
