export { answerHealth, answerOneCheck, type HealthCheck } from "../endpoints/health.ts";
export { errorAnswer, textAnswer } from "../request/answer.ts";
export { duplexOf } from "./duplex.ts";
export * from "./https-adapter.ts";
export { logDirectory } from "./log-directory.ts";
