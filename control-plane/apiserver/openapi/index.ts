export { openapi, type OpenapiOptions, type RemoteDocuments } from "./openapi.ts";
