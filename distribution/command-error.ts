/** What a command can't do, in one sentence that names what was tried and the way out. Printed without a stack; exit code not zero. */
export class CommandError extends Error {
  readonly exitCode: number;

  constructor(message: string, { exitCode = 1, cause }: { readonly exitCode?: number; readonly cause?: unknown } = {}) {
    super(message, { cause });
    this.name = "CommandError";
    this.exitCode = exitCode;
  }
}
