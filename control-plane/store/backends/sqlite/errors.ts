import { StoreError } from "../../store.ts";

// Result codes of SQLite; the low byte is the kind, the rest says more.
const busy = 5;
const corrupt = 11;
const full = 13;
const cannotOpen = 14;
const notADatabase = 26;

/** What is answered when a file can't be opened as a store. */
export function openingError(path: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const attempt = `Cannot open the store at ${path}`;
  switch (codeOf(error)) {
    case busy:
      return new StoreError("Unavailable", `${attempt}: it is open already, in this process or another one`, { cause: error });
    case full:
      return new StoreError("Unavailable", `${attempt}: no room is left on the disk`, { cause: error });
    case cannotOpen:
      return new StoreError(
        "Unavailable",
        `${attempt}: the file can't be opened; does its directory exist, and may this user write there?`,
        {
          cause: error,
        },
      );
    case corrupt:
    case notADatabase:
      return new StoreError("Corrupt", `${attempt}: the file is damaged, or not a database`, { cause: error });
    default:
      return new StoreError("Unavailable", `${attempt}: ${messageOf(error)}`, { cause: error });
  }
}

/** What is answered when a batch can't be written. Its outcome is known when it was rolled back before or for want of room. */
export function writingError(
  error: unknown,
  { phase, rolledBack }: { readonly phase: "write" | "commit"; readonly rolledBack: boolean },
): StoreError {
  const code = codeOf(error);
  const outcomeUnknown = !rolledBack || (phase === "commit" && code !== full && code !== busy);
  const options = { cause: error, outcomeUnknown };
  switch (code) {
    case full:
      return new StoreError("Unavailable", "Cannot write to the store: no room is left on the disk", options);
    case corrupt:
    case notADatabase:
      return new StoreError("Corrupt", "Cannot write to the store: its file is damaged", options);
    default:
      return new StoreError("Unavailable", `Cannot write to the store: ${messageOf(error)}`, options);
  }
}

/** What is answered when a read fails. */
export function readingError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const code = codeOf(error);
  if (code === corrupt || code === notADatabase) {
    return new StoreError("Corrupt", "Cannot read from the store: its file is damaged", { cause: error });
  }
  return new StoreError("Unavailable", `Cannot read from the store: ${messageOf(error)}`, { cause: error });
}

function codeOf(error: unknown): number | undefined {
  const code: unknown = error instanceof Error && "errcode" in error ? error.errcode : undefined;
  return typeof code === "number" ? code & 0xff : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
