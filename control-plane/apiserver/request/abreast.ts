/**
 * Awaited between two steps of a request. Requests that were let in together (`node/turns.ts`) so take each step right after one another,
 * while its code and tables are in the processor's caches: a step costs the first of them about three times what it costs the next ones.
 */
export const abreast: Promise<void> = Promise.resolve();
