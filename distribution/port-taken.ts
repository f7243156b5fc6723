import { CommandError } from "./command-error.ts";

export function portTaken(port: number, cause?: unknown): CommandError {
  return new CommandError(`Port ${port} of 127.0.0.1 is taken by another program; stop it, or name another port with --port`, { cause });
}
