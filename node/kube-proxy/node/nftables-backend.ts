import { accessSync, constants } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { IpFamily } from "@kubets/api";
import type { Logger, Tasks } from "@kubets/machinery";
import { CommandFailure, demandCommand } from "@kubets/machinery/node";
import type { ProxyBackend } from "../backend.ts";
import { wordsOf } from "../backends/nftables/names.ts";
import { render, renderRemoval } from "../backends/nftables/render.ts";
import type { StaleConnections } from "../stale-connections.ts";

/** Runs a program to its end and answers what it wrote. Rejects with a `CommandFailure`. */
export type RunCommand = (program: string, parameters: readonly string[]) => Promise<string>;

export interface NftablesBackendOptions {
  /** The name of the table, which nobody else may use: one for each cluster on the machine. */
  readonly table: string;
  readonly family: IpFamily;
  readonly tasks: Tasks;
  readonly logger: Logger;
  /** How programs are run; a test runs them in another network namespace. */
  readonly run?: RunCommand;
}

/** Rules by `nft`, forgotten connections by `conntrack`. Without the second program they end by their own timeout. */
export function createNftablesBackend({
  table,
  family,
  tasks,
  logger,
  run = (program, parameters) => demandCommand(program, parameters, { tasks }),
}: NftablesBackendOptions): ProxyBackend {
  const words = wordsOf(family);
  let hasConntrack = true;

  // From a file: nft opens what it reads anew, which it can't do with the pipe that is the standard input of a child of Node's.
  const feed = async (commands: string): Promise<void> => {
    const folder = await mkdtemp(join(memoryFolder(), "kubets-rules-"));
    try {
      const file = join(folder, "rules.nft");
      await writeFile(file, commands, { mode: 0o600 });
      await run("nft", ["-f", file]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };

  return {
    name: "nftables",
    async apply(next, previous) {
      const commands = render(next, previous, { table });
      if (commands !== "") await feed(commands);
    },
    async isIntact() {
      try {
        const text = await run("nft", ["list", "tables", words.family]);
        return text.split("\n").includes(`table ${words.family} ${table}`);
      } catch (error) {
        logger.warn("Cannot list the tables of nftables", { error });
        return false;
      }
    },
    async forget(connections) {
      for (const connection of connections) {
        if (!hasConntrack) return;
        try {
          await run("conntrack", ["-D", "-f", family === "IPv4" ? "ipv4" : "ipv6", "-p", "udp", ...filterOf(connection)]);
        } catch (error) {
          // Code 1 says that no connection was like that.
          if (error instanceof CommandFailure && error.exitCode === 1) continue;
          hasConntrack = false;
          logger.warn("Connections of UDP to endpoints that are gone can't be ended", { error });
        }
      }
    },
    async remove() {
      await feed(renderRemoval({ family }, { table }));
    },
  };
}

function filterOf({ frontend, endpoint }: StaleConnections): readonly string[] {
  return [
    ...(frontend.kind === "nodePort" ? [] : ["--orig-dst", frontend.address]),
    "--dport",
    String(frontend.port),
    ...(endpoint === undefined ? [] : ["--dst-nat", endpoint]),
  ];
}

/** Rules change often: no disk needs to know. */
function memoryFolder(): string {
  try {
    accessSync("/dev/shm", constants.W_OK);
    return "/dev/shm";
  } catch {
    return tmpdir();
  }
}
