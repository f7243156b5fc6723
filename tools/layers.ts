/**
 * Holds the boxes apart: which package may import which, that packages are imported by name, and that `node:` modules (and
 * packages that need them) stay at the edges. Read from the import statements themselves.
 */
import { readFileSync } from "node:fs";
import { glob } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { dirname, join, normalize, relative } from "node:path";
import { root } from "./root.ts";

/** What each package may import of ours; tests may import the testkit and the memory store as well. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  machinery: [],
  api: ["machinery"],
  client: ["machinery", "api"],
  store: ["machinery"],
  apiserver: ["machinery", "api", "client", "store"],
  scheduler: ["machinery", "api", "client"],
  "controller-manager": ["machinery", "api", "client"],
  "cloud-controller-manager": ["machinery", "api", "client"],
  simulated: ["machinery", "api", "client"],
  "container-runtime": ["machinery"],
  "pod-network": ["machinery"],
  kubelet: ["machinery", "api", "client", "container-runtime", "pod-network"],
  "kube-proxy": ["machinery", "api", "client"],
  dns: ["machinery", "api", "client"],
  "host-path-provisioner": ["machinery", "api", "client"],
  "metrics-server": ["machinery", "api", "client"],
  kubectl: ["machinery", "api", "client"],
};

/** These compose; they may import every package. */
const composers: ReadonlySet<string> = new Set([
  "distribution",
  "testkit",
  "conformance",
  "faults",
  "walk",
  "transcripts",
  "javascript-client",
  "images",
  "tools",
  "bench",
  "examples",
]);

const folders = ["foundation", "control-plane", "node", "addons", "clients", "testing"];
/** Folders outside of `node/` that are edges all the same: back ends whose whole purpose is a piece of the system. */
const edges = ["control-plane/store/backends/sqlite/", "control-plane/store/backends/etcd/"];
/** Packages of npm that reach into the system, allowed at edges only. */
const systemPackages: ReadonlySet<string> = new Set(["undici", "ws", "@connectrpc/connect-node", "pino", "prom-client", "commander"]);

export async function checkLayers(): Promise<readonly string[]> {
  const wrong: string[] = [];
  for await (const path of glob("{foundation,control-plane,node,addons,clients,distribution,testing}/**/*.ts", {
    cwd: root,
    exclude: (name) => name === "node_modules" || name === "dist",
  })) {
    const owner = packageOf(path);
    for (const specifier of importsOf(readFileSync(join(root, path), "utf8"))) {
      const problem = judge(path, owner, specifier);
      if (problem !== undefined) wrong.push(`${path}: ${problem}`);
    }
  }
  return wrong;
}

function judge(path: string, owner: string, specifier: string): string | undefined {
  const isTest = /\.(test|bench)\.ts$/.test(path) || path.includes("/testing/");
  if (specifier.startsWith(".")) {
    const target = normalize(join(dirname(path), specifier));
    return packageOf(target) === owner ? undefined : `imports ${specifier}, a path into another package: import it by its name`;
  }
  if (specifier.startsWith("@kubets/")) {
    const target = specifier.split("/")[1]!;
    if (target === owner || composers.has(owner) || isTest) return undefined;
    const allowed = mayImport[owner];
    if (allowed === undefined) return `package ${owner} is not in the table of layers (tools/layers.ts)`;
    return allowed.includes(target)
      ? undefined
      : `imports @kubets/${target}; ${owner} may import ${allowed.join(", ") || "nothing of ours"}`;
  }
  const name = specifier.startsWith("@") ? specifier.split("/", 2).join("/") : specifier.split("/", 1)[0]!;
  if (!isBuiltin(specifier) && !systemPackages.has(name)) return undefined;
  return isTest || composers.has(owner) || isEdge(path) ? undefined : `imports ${specifier} outside of an edge folder (node/)`;
}

function isEdge(path: string): boolean {
  return /^[^/]+\/[^/]+\/(.*\/)?node\//.test(path) || edges.some((edge) => path.startsWith(edge));
}

/** The leaf a file belongs to: `foundation/api/core/pod.ts` → `api`; `distribution/…` and `tools/…` are leaves themselves. */
function packageOf(path: string): string {
  const [first = "", second = ""] = relative(root, join(root, path)).split("/");
  return folders.includes(first) ? second : first;
}

function importsOf(source: string): readonly string[] {
  const pattern =
    /(?:^|\n)\s*(?:import|export)\s[^;'"]*?from\s*["']([^"']+)["']|(?:^|\n)\s*import\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*\)/g;
  return [...source.matchAll(pattern)].map(([, from, bare, dynamic]) => from ?? bare ?? dynamic ?? "");
}
