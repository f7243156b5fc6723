/** Facts beside a constant sentence. Objects are written as `namespace/name`. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where components say what they do; bound to a real log in `distribution`. Log once, where an error is finally answered. */
export interface Logger {
  debug(sentence: string, fields?: LogFields): void;
  info(sentence: string, fields?: LogFields): void;
  warn(sentence: string, fields?: LogFields): void;
  error(sentence: string, fields?: LogFields): void;
  /** The same log with `fields` added to every line. */
  with(fields: LogFields): Logger;
}

export const silent: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  with: () => silent,
};
