export { openapi, type OpenapiOptions } from "./openapi.ts";
