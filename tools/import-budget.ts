import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { programEntries } from "./build-program.ts";
import { bundle, type BundledPart } from "./bundle.ts";
import { root } from "./root.ts";

/** What a subcommand makes Node load before it does anything. */
export interface ImportBudget {
  readonly command: string;
  /** The modules whose late imports it takes, after `distribution/main.ts`. */
  readonly through: readonly string[];
  readonly mostModules: number;
  readonly mostKilobytes: number;
  /** Folders of which it needs nothing. */
  readonly never?: readonly string[];
}

const program = "distribution/program.ts";
const kubectl: readonly string[] = ["distribution/commands/kubectl.ts"];
const servers: readonly string[] = ["control-plane/", "node/", "addons/", "node_modules/prom-client", "node_modules/pino"];
const network: readonly string[] = ["node_modules/undici", "node_modules/ws", "node_modules/@connectrpc"];

/** Every subcommand, with limits a third above what it loads today. */
export const importBudgets: readonly ImportBudget[] = [
  { command: "kubets --version", through: [program], mostModules: 20, mostKilobytes: 150, never: [...servers, ...network, "foundation/"] },
  {
    command: "kubets status",
    through: [program, "distribution/commands/status.ts"],
    mostModules: 20,
    mostKilobytes: 160,
    never: [...servers, ...network, "foundation/"],
  },
  {
    command: "kubets down",
    through: [program, "distribution/commands/down.ts"],
    mostModules: 25,
    mostKilobytes: 320,
    never: [...servers, ...network, "foundation/"],
  },
  {
    command: "kubets kubectl version",
    through: [...kubectl, "clients/kubectl/commands/version.ts"],
    mostModules: 110,
    mostKilobytes: 540,
    never: [...servers, ...network, "node_modules/commander"],
  },
  {
    command: "kubets kubectl get",
    through: [...kubectl, "clients/kubectl/commands/get.ts", "clients/kubectl/node/connect.ts"],
    mostModules: 280,
    mostKilobytes: 2300,
    never: [...servers, "node_modules/commander"],
  },
  {
    command: "etcd, of the assets directory",
    through: ["distribution/envtest/etcd-program.ts"],
    mostModules: 6,
    mostKilobytes: 60,
    never: [...servers, ...network, "foundation/", "node_modules/"],
  },
  {
    command: "kube-apiserver --help",
    through: ["distribution/envtest/api-server-program.ts"],
    mostModules: 10,
    mostKilobytes: 80,
    never: [...servers, ...network, "foundation/", "node_modules/"],
  },
  {
    command: "kube-controller-manager --help",
    through: ["distribution/components/controller-manager/program.ts"],
    mostModules: 12,
    mostKilobytes: 80,
    never: [...servers, ...network, "foundation/", "node_modules/"],
  },
  {
    command: "kube-scheduler --help",
    through: ["distribution/components/scheduler/program.ts"],
    mostModules: 10,
    mostKilobytes: 80,
    never: [...servers, ...network, "foundation/", "node_modules/"],
  },
  {
    command: "kubets image",
    through: [program, "distribution/commands/image.ts"],
    mostModules: 208,
    mostKilobytes: 1100,
    never: ["control-plane/", "addons/"],
  },
  {
    command: "kubets up",
    through: [program, "distribution/commands/up.ts", "distribution/local-cluster.ts"],
    mostModules: 1150,
    mostKilobytes: 4200,
    never: ["node/kubelet", "node/kube-proxy", "clients/kubectl", "node_modules/prom-client", "node_modules/undici"],
  },
];

export interface Imported {
  readonly modules: readonly string[];
  readonly kilobytes: number;
  readonly files: number;
}

/** What each subcommand loads of the program as it is bundled. */
export async function importsOf(budgets: readonly ImportBudget[]): Promise<ReadonlyMap<ImportBudget, Imported>> {
  const directory = mkdtempSync(join(tmpdir(), "kubets-imports-"));
  try {
    const { parts } = await bundle({ root, entries: programEntries, directory });
    return new Map(budgets.map((budget) => [budget, loaded(parts, budget)]));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function loaded(parts: readonly BundledPart[], { command, through }: ImportBudget): Imported {
  const waiting = ["distribution/main.ts", ...through].map((module) => {
    const part = parts.find(({ loadedBy }) => loadedBy === module);
    if (part === undefined) throw new Error(`${command}: ${module} is not imported late any more`);
    return part;
  });
  const reached = new Set(waiting);
  for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
    for (const file of part.imports) {
      const other = parts.find((each) => each.file === file);
      if (other !== undefined && !reached.has(other)) {
        reached.add(other);
        waiting.push(other);
      }
    }
  }
  const all = [...reached];
  return {
    modules: all.flatMap(({ modules }) => modules),
    kilobytes: all.reduce((sum, { bytes }) => sum + bytes, 0) / 1000,
    files: all.length,
  };
}
