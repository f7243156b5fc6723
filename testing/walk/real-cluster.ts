import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { type BuiltImage, writeImageArchive } from "@kubets/container-runtime";
import { whyNoTestImages } from "@kubets/images";
import { realKubectls } from "@kubets/testkit/real-kubectl";

const root = join(import.meta.dirname, "../..");
const run = promisify(execFile);
export const kubectl: string | undefined = realKubectls().at(-1);

/** Why there can be no real node with a real kubectl here; `undefined` when there can. */
export function whyNoRealCluster(): string | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "it needs root on Linux";
  if (kubectl === undefined) return "there is no kubectl on this machine";
  return existsSync("/usr/bin/containerd") ? whyNoTestImages() : "containerd is not installed";
}

/** The whole program as a user starts it, on a real node, in a folder of its own. */
export interface RealCluster {
  /** Holds the data directory `data` and the file `kubeconfig`. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Starts the program; resolves when it says that the cluster is ready. */
  up(...more: readonly string[]): Promise<void>;
  /** Sends the program a signal; resolves when it has ended, with its exit code. */
  end(signal: NodeJS.Signals): Promise<number | null>;
  /** The program that runs; for signals that don't end it. */
  readonly pid: number;
  /** Any other command of the program, about this cluster. */
  kubets(...args: readonly string[]): Promise<string>;
  loadImages(images: Readonly<Record<string, BuiltImage>>): Promise<void>;
  /** The real kubectl; rejects with what it said. */
  k(...args: readonly string[]): Promise<string>;
  /** What starts our own kubectl, but for its arguments. */
  readonly ownKubectl: readonly string[];
  until(what: string, holds: () => Promise<boolean>): Promise<void>;
  /** Stops the cluster and removes everything of it. */
  purge(): Promise<void>;
}

export interface RealClusterOptions {
  readonly name: string;
  readonly port: number;
  /** What every program of it is run by, such as one that enters a network namespace. */
  readonly under?: readonly string[];
}

export function realCluster({ name, port, under = [] }: RealClusterOptions): RealCluster {
  const folder = mkdtempSync(join(tmpdir(), "kubets-walk-"));
  const kubeconfig = join(folder, "kubeconfig");
  const which = ["--name", name, "--data-dir", join(folder, "data")];
  const main = ["--conditions=source", join(root, "distribution/main.ts")];
  const environment = { PATH: process.env.PATH ?? "", HOME: folder, KUBECONFIG: kubeconfig };
  let program: ChildProcess | undefined;

  const words = (...all: readonly string[]): [program: string, args: string[]] => {
    const [program, ...args] = [...under, ...all];
    return [program!, args];
  };
  const kubets: RealCluster["kubets"] = async (...args) => (await run(...words(process.execPath, ...main, ...args, ...which))).stdout;
  const k: RealCluster["k"] = async (...args) => (await run(...words(kubectl!, ...args), { env: environment, timeout: 90_000 })).stdout;
  return {
    folder,
    environment,
    kubets,
    k,
    ownKubectl: [...under, process.execPath, "--disable-warning=ExperimentalWarning", ...main, "kubectl"],
    get pid() {
      return program!.pid!;
    },
    async up(...more) {
      const args = ["up", "--output", "json", "--nodes", "real", "--port", `${port}`, "--kubeconfig", kubeconfig, ...which, ...more];
      const started = spawn(...words(process.execPath, ...main, ...args), { stdio: ["ignore", "pipe", "pipe"] });
      program = started;
      let said = "";
      started.stderr.on("data", (chunk: Buffer) => (said += String(chunk)));
      await new Promise<void>((resolve, reject) => {
        started.stdout.once("data", () => resolve());
        started.once("exit", (code) => reject(new Error(`kubets up ended with exit code ${code}: ${said}`)));
      });
    },
    async end(signal) {
      const ended = new Promise<number | null>((resolve) => program!.once("exit", resolve));
      program!.kill(signal);
      program = undefined;
      return await ended;
    },
    async loadImages(images) {
      const file = join(folder, "images.tar");
      writeFileSync(file, writeImageArchive(Object.entries(images).map(([each, image]) => ({ name: each, image }))));
      await kubets("image", "load", file);
    },
    async until(what, holds) {
      for (let attempt = 0; attempt < 300; attempt++) {
        if (await holds().catch(() => false)) return;
        await wait(100);
      }
      throw new Error(`${what} did not come true within 30 s: ${await k("describe", "pods")}`);
    },
    async purge() {
      await kubets("down", "--purge", "--kubeconfig", kubeconfig);
      rmSync(folder, { recursive: true });
    },
  };
}
