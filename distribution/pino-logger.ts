import type { LogFields, Logger } from "@kubets/machinery";
import { type Logger as Pino, pino } from "pino";
import { readableStack } from "./readable-stack.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";

/** What is kept for later when nothing can be written, as on a full disk; what comes beyond it is lost. */
const keptCharacters = 256 * 1024;

/** The log of a program: JSON lines on standard error, or in `file`. What can't be written never ends the program. */
export function createLogger({ level, file }: { readonly level: LogLevel; readonly file?: string }): Logger {
  const destination = pino.destination({
    ...(file === undefined ? { fd: 2 } : { dest: file, mkdir: true }),
    sync: true,
    maxLength: keptCharacters,
  });
  // Without a listener it would be an uncaught exception. The lines wait for the next write.
  destination.on("error", () => undefined);
  return bind(pino({ level, base: null }, destination));
}

function bind(log: Pino): Logger {
  return {
    debug: (sentence, fields) => log.debug(shown(fields), sentence),
    info: (sentence, fields) => log.info(shown(fields), sentence),
    warn: (sentence, fields) => log.warn(shown(fields), sentence),
    error: (sentence, fields) => log.error(shown(fields), sentence),
    with: (fields) => bind(log.child(fields)),
  };
}

/** Errors are written as their message and stack, under whatever name they come. */
function shown(fields: LogFields = {}): LogFields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, value instanceof Error ? readableStack(value.stack ?? value.message) : value]),
  );
}
