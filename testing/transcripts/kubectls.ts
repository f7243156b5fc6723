import { execFile } from "node:child_process";
import { join } from "node:path";
import { createReadStream } from "node:fs";
import { realKubectls, shortLived } from "@kubets/testkit/real-kubectl";
import type { CommandLine } from "./command-words.ts";
import type { Outcome } from "./transcript.ts";

/** A kubectl that plays transcripts. */
export interface Kubectl {
  readonly name: string;
  /** The minor version of 1.x that it is, or behaves as. */
  readonly minor: number;
  /** Runs it in the folder that holds the transcript's files and its kubeconfig. */
  run(command: CommandLine, folder: string): Promise<Outcome>;
}

/** Every real kubectl of this machine, the oldest first; one for each version. */
export async function installedKubectls(): Promise<readonly Kubectl[]> {
  const found = await Promise.all(realKubectls().map(async (path) => ({ path, version: await versionOf(path) })));
  const byMinor = new Map(found.map(({ path, version }) => [version.minor, { path, version }]));
  return [...byMinor.values()]
    .toSorted((a, b) => a.version.minor - b.version.minor)
    .map(({ path, version }) => ({
      name: `kubectl ${version.text}`,
      minor: version.minor,
      run: (command, folder) => runReal(path, command, folder),
    }));
}

async function versionOf(path: string): Promise<{ readonly text: string; readonly minor: number }> {
  const { output } = await runReal(
    path,
    { environment: {}, words: ["kubectl", "version", "--client", "-o", "json"], input: undefined },
    "/",
  );
  const { gitVersion } = (JSON.parse(output) as { readonly clientVersion: { readonly gitVersion: string } }).clientVersion;
  return { text: gitVersion, minor: Number(gitVersion.split(".")[1]) };
}

/** What of the environment a kubectl and the editors and differs that it starts may see. */
function environmentOf(folder: string, more: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return {
    PATH: process.env["PATH"] ?? "",
    HOME: folder,
    TMPDIR: folder,
    KUBECONFIG: join(folder, "kubeconfig"),
    TZ: "UTC",
    LC_ALL: "C",
    EDITOR: "false",
    ...shortLived,
    ...more,
  };
}

function runReal(path: string, { environment, words, input }: CommandLine, folder: string): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    // By its usual name: that is the one that servers hear of.
    const options = {
      argv0: "kubectl",
      cwd: folder,
      env: environmentOf(folder, environment),
      timeout: 60_000,
      maxBuffer: 64 * 1024 * 1024,
    };
    const child = execFile(path, words.slice(1), options, (error, output, errors) => {
      if (error !== null && typeof error.code !== "number") reject(new Error(`${words.join(" ")} did not end by itself`, { cause: error }));
      else resolve({ exitCode: typeof error?.code === "number" ? error.code : 0, output, errors });
    });
    if (input === undefined) child.stdin!.end();
    else createReadStream(join(folder, input)).pipe(child.stdin!);
  });
}
