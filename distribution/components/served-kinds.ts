import { allKinds } from "@kubets/api";
import { type Client, readPath } from "@kubets/client";
import { apiVersionOf, type Kind, sleep } from "@kubets/machinery";
import type { Surroundings } from "../control-plane.ts";

interface GroupList {
  readonly groups?: readonly { readonly versions: readonly { readonly groupVersion: string }[] }[];
}
interface ResourceList {
  readonly resources?: readonly { readonly name: string }[];
}

const betweenTries = 1_000;

/**
 * Of the kinds that come with Kubernetes those that the server serves, by its discovery. Asks until it is answered: a component may begin before
 * its API server. Rejects when `signal` is aborted.
 */
export async function servedKinds(
  client: Client,
  { clock, logger, signal }: Pick<Surroundings, "clock" | "logger"> & { readonly signal: AbortSignal },
): Promise<readonly Kind[]> {
  for (;;) {
    try {
      return await ask(client, signal);
    } catch (error) {
      signal.throwIfAborted();
      logger.warn("What the API server serves isn't known yet", { error });
    }
    await sleep(clock, betweenTries, signal);
  }
}

async function ask(client: Client, signal: AbortSignal): Promise<readonly Kind[]> {
  const { groups = [] } = (await readPath(client, "/apis", { signal })) as GroupList;
  const groupVersions = new Set(["v1", ...groups.flatMap(({ versions }) => versions.map(({ groupVersion }) => groupVersion))]);
  const candidates = Map.groupBy(
    allKinds.filter((kind) => groupVersions.has(apiVersionOf(kind))),
    apiVersionOf,
  );
  const served = await Promise.all(
    [...candidates].map(async ([groupVersion, kinds]) => {
      const path = groupVersion === "v1" ? "/api/v1" : `/apis/${groupVersion}`;
      const { resources = [] } = (await readPath(client, path, { signal })) as ResourceList;
      const names = new Set(resources.map(({ name }) => name));
      return kinds.filter(({ resource }) => names.has(resource));
    }),
  );
  return served.flat();
}
