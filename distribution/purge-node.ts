import { existsSync } from "node:fs";
import { join } from "node:path";
import { purgeContainerd } from "@kubets/container-runtime/node";
import { createNftablesBackend } from "@kubets/kube-proxy/node";
import { openNodeSystem } from "@kubets/kubelet/node";
import { createTasks, silent } from "@kubets/machinery";
import { createSystemClock, turn } from "@kubets/machinery/node";
import { networkNameFor } from "@kubets/pod-network";
import { otherOwner, purgePodNetwork, releaseName } from "@kubets/pod-network/node";

/**
 * Removes everything of a node from this machine that doesn't lie in its directory: containers and their processes, mounts, interfaces,
 * rules, control groups; and gives sysctls that were changed their earlier values. Harmless where there never was a node.
 */
export async function purgeNode({ cluster, directory }: { readonly cluster: string; readonly directory: string }): Promise<void> {
  if (!existsSync(directory)) return;
  const surroundings = { clock: createSystemClock(), tasks: createTasks({ turn }), logger: silent };
  const table = networkNameFor(cluster);
  // Containers first: taking a Pod off its network needs the network's configuration.
  await purgeContainerd({ ...surroundings, directory: join(directory, "containerd") });
  const { mounts, cgroups } = await openNodeSystem({ storagePath: directory });
  for (const mount of await mounts.below(directory)) await mounts.unmount(mount);
  // What carries the name may be another cluster's by now: then nothing of this one's is left.
  if (otherOwner({ cluster, directory }) !== undefined) return;
  await createNftablesBackend({ table: `${table}-services`, family: "IPv4", tasks: surroundings.tasks, logger: silent }).remove();
  await purgePodNetwork({ ...surroundings, directory: join(directory, "network") });
  await cgroups.remove(`/${table}`);
  releaseName({ cluster, directory });
}
