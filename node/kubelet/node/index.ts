import type { NodeSystem } from "../system.ts";
import { openCgroupTree } from "./cgroups.ts";
import { createFiles } from "./files.ts";
import { createMachine } from "./machine.ts";
import { createMounts } from "./mounts.ts";
import { createNodeNetwork } from "./network.ts";

export interface NodeSystemOptions {
  /** A directory on the filesystem that Pods' files go to. */
  readonly storagePath: string;
  /** Instead of all that the machine has, where several nodes share it. */
  readonly memoryBytes?: number;
  /** Instead of the node's own resolv.conf. */
  readonly resolverPath?: string;
}

/** This machine, as a kubelet needs it. */
export async function openNodeSystem(options: NodeSystemOptions): Promise<NodeSystem> {
  return {
    files: createFiles(),
    mounts: createMounts(),
    cgroups: await openCgroupTree(),
    machine: createMachine(options),
    network: createNodeNetwork(),
  };
}
