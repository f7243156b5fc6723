import type { Flag, FlagValues } from "../command-line/flags.ts";
import { CommandError } from "../errors.ts";
import type { Query } from "../requests/api.ts";

/** How much of a change really happens. */
export type DryRun = "none" | "client" | "server";

export const dryRunFlag: Flag = { name: "dry-run", takes: "text", bare: "unchanged" };

export function dryRunOf(flags: FlagValues): DryRun {
  const value = flags.text("dry-run") ?? "none";
  if (value === "none" || value === "client" || value === "server") return value;
  if (value === "false") return "none";
  throw new CommandError(`Invalid dry-run value (${value}). Must be "none", "server", or "client".`);
}

export function dryRunQuery(dryRun: DryRun): Query {
  return dryRun === "server" ? { dryRun: "All" } : {};
}

/** What stands behind the message of a change that didn't happen. */
export function dryRunSuffix(dryRun: DryRun): string {
  return dryRun === "none" ? "" : dryRun === "client" ? " (dry run)" : " (server dry run)";
}

/** `--validate`, in the words of the server's `fieldValidation`. */
export function fieldValidationOf(flags: FlagValues): string {
  switch (flags.text("validate") ?? "true") {
    case "false":
    case "ignore":
      return "Ignore";
    case "warn":
      return "Warn";
    default:
      return "Strict";
  }
}

export const validateFlag: Flag = { name: "validate", takes: "text", bare: "strict" };
