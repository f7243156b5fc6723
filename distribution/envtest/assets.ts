import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { CommandError } from "../command-error.ts";
import { reasonOf } from "../data-directory.ts";

/** What each program of the directory is a name for. */
const programs: Readonly<Record<string, string>> = { etcd: "envtest etcd", "kube-apiserver": "apiserver", kubectl: "kubectl" };

/**
 * Writes the programs that envtest looks for into a directory: small scripts that start this program, on the Node that runs it now.
 * A suite is pointed there by `KUBEBUILDER_ASSETS`.
 */
export function writeAssets(directory: string): void {
  const target = resolve(directory);
  try {
    mkdirSync(target, { recursive: true });
    for (const [name, words] of Object.entries(programs)) {
      const path = join(target, name);
      writeFileSync(path, script(words));
      chmodSync(path, 0o755);
    }
  } catch (error) {
    throw new CommandError(`Cannot write the programs of envtest to ${target}: ${reasonOf(error)}; name another directory`, {
      cause: error,
    });
  }
  console.log(`export KUBEBUILDER_ASSETS=${quoted(target)}`);
}

function script(words: string): string {
  const [main = ""] = process.argv.slice(1);
  const command = [process.execPath, ...process.execArgv, "--disable-warning=ExperimentalWarning", main].map(quoted).join(" ");
  return `#!/bin/sh
# Written by "kubets envtest assets". It becomes the program, so that signals reach it.
if [ ! -e ${quoted(main)} ]; then
  echo "kubets: ${main} is gone: write these programs again with kubets envtest assets" >&2
  exit 1
fi
exec ${command} ${words} "$@"
`;
}

function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
