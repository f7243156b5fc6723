/** A line of a container's log as the runtime writes it: `TIME STREAM TAG TEXT`. */
export interface LogLine {
  /** RFC 3339 with nanoseconds. */
  readonly time: string;
  readonly stream: "stdout" | "stderr";
  /** The line goes on in the next one. */
  readonly isPartial: boolean;
  readonly text: string;
}

/** One line without its end; `undefined` for what is none. */
export function parseLogLine(line: string): LogLine | undefined {
  const match = /^(\S+) (stdout|stderr) ([^ ]+)(?: (.*))?$/s.exec(line);
  if (match === null) return undefined;
  const [, time = "", stream, tags = "", text = ""] = match;
  return { time, stream: stream as LogLine["stream"], isPartial: tags.split(":")[0] === "P", text };
}

/** The lines of a piece of log; what isn't one is left out. */
export function parseLogLines(text: string): readonly LogLine[] {
  return text.split("\n").flatMap((line) => {
    const parsed = line === "" ? undefined : parseLogLine(line);
    return parsed === undefined ? [] : [parsed];
  });
}
