import { StatusError } from "@kubets/machinery";

/** What a command can't do, in the words it is said in. */
export class CommandError extends Error {
  readonly exitCode: number;

  constructor(message: string, { exitCode = 1, cause }: { readonly exitCode?: number; readonly cause?: unknown } = {}) {
    super(message, { cause });
    this.name = "CommandError";
    this.exitCode = exitCode;
  }
}

/** The command line itself can't be read. */
export class UsageError extends CommandError {}

/** The words were said already, one error after the other; only the exit code is left to give. */
export class SaidError extends CommandError {
  constructor(exitCode = 1) {
    super("", { exitCode });
  }
}

/** Nothing listens at the server's address. */
export class UnreachableError extends CommandError {}

/** The server's failure with what was attempted in front of its message: `creating "web.yaml"`. Any other is answered as it is. */
export function whileDoing(error: unknown, attempt: string): unknown {
  if (!(error instanceof StatusError)) return error;
  const { code, reason, message, details } = error;
  return new StatusError(code, reason, `error when ${attempt}: ${message}`, {
    cause: error,
    ...(details === undefined ? {} : { details }),
  });
}

/** A failure in kubectl's words: `Error from server (NotFound): …` for the server's, `error: …` for the client's. */
export function sayError(error: unknown): string {
  if (error instanceof StatusError) return serverError(error);
  if (error instanceof UnreachableError) return error.message;
  return `error: ${error instanceof Error ? error.message : String(error)}`;
}

function serverError(error: StatusError): string {
  // Unauthorized has words of its own: it is the one refusal where the object isn't at fault.
  if (error.reason === "Unauthorized") return `error: You must be logged in to the server (${error.message})`;
  if (error.reason === "Invalid") return invalid(error);
  return `Error from server (${error.reason}): ${error.message}`;
}

/** What breaks the rules of its kind is named by kind and name, then every rule; where it stood in a file is not said. */
function invalid({ details, message }: StatusError): string {
  const subject = details?.kind === undefined ? "request" : `${details.kind} "${details.name ?? ""}"`;
  const causes = [...new Set(details?.causes?.map(({ field = "", message: text = "" }) => (field === "" ? text : `${field}: ${text}`)))];
  if (causes.length === 0) return `The ${subject} is invalid: ${message}`;
  return `The ${subject} is invalid: ${causes.length === 1 ? causes[0] : causes.map((cause) => `\n* ${cause}`).join("")}`;
}
