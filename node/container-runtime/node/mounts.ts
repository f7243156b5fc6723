import { readFileSync } from "node:fs";
import type { Tasks } from "@kubets/machinery";
import { runCommand } from "@kubets/machinery/node";

/** Every mount below a directory (not on it), the innermost first. */
export function mountsBelow(directory: string): readonly string[] {
  return readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .flatMap((line) => line.split(" ")[4] ?? [])
    .map((path) => path.replace(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8))))
    .filter((path) => path.startsWith(`${directory}/`))
    .toReversed();
}

/** Unmounts all that is mounted below a directory; what is in use goes once it isn't any more. */
export async function unmountBelow(directory: string, { tasks }: { readonly tasks: Tasks }): Promise<void> {
  for (const path of mountsBelow(directory)) await runCommand("umount", ["-l", path], { tasks });
}
