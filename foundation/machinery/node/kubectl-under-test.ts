import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";

/**
 * A real kubectl on this machine, as a peer to compare with: its `--local` commands run upstream's own code and need no server. The
 * newest of those in the PATH and where its links lead; `undefined` when there is none.
 */
export function findKubectl(): string | undefined {
  const named = (process.env.PATH ?? "").split(delimiter).flatMap(programsIn);
  const found = [...new Set([...named, ...named.map((path) => dirname(realpathSync(path))).flatMap(programsIn)])];
  const versioned = found.filter((path) => /kubectl\.1\.\d+$/.test(path)).sort((a, b) => minorOf(b) - minorOf(a));
  return versioned[0] ?? found.find((path) => path.endsWith("kubectl"));
}

function programsIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /^kubectl(\.1\.\d+)?$/.test(name))
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}

function minorOf(path: string): number {
  return Number(path.slice(path.lastIndexOf(".") + 1));
}

export interface LocalPatch {
  readonly type: "strategic" | "merge" | "json";
  readonly patch: unknown;
  readonly output: "json" | "yaml";
}

/** What `kubectl patch --local` writes about objects, and what it complains of. */
export function patchLocally(
  kubectl: string,
  manifest: string,
  { type, patch, output }: LocalPatch,
): { readonly output: string; readonly problem: string } {
  const folder = mkdtempSync(join(tmpdir(), "machinery-"));
  try {
    const file = join(folder, "manifest.yaml");
    writeFileSync(file, manifest);
    const parameters = ["patch", "--local", `--type=${type}`, "-f", file, "-p", JSON.stringify(patch), "-o", output];
    const environment = { ...process.env, HOME: folder, KUBECONFIG: join(folder, "none") };
    return {
      output: execFileSync(kubectl, parameters, { encoding: "utf8", env: environment, stdio: ["ignore", "pipe", "pipe"] }),
      problem: "",
    };
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { readonly stdout?: string; readonly stderr?: string };
    return { output: stdout, problem: stderr };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
