import type { Client, ListOptions, ResourceClient } from "@kubets/client";
import { NamespaceKind } from "@kubets/api";
import type { KubernetesObject, UserInfo, WatchEvent } from "@kubets/machinery";
import { type Cluster, type ClusterOptions, startCluster } from "@kubets/testkit";
import { afterAll, beforeAll, expect } from "vitest";

/**
 * A cluster as the behaviours see it: clients and patience, nothing of its inside. Whoever offers this over another transport can run
 * every behaviour against it.
 */
export interface ConformanceCluster {
  /** As the cluster's administrator. */
  readonly client: Client;
  as(user: UserInfo): Client;
  /** A new namespace with a name of its own. */
  namespace(): Promise<string>;
  /** Resolves when the check passes. Rejects with what was wrong last when it still doesn't after `seconds` (60 when absent). */
  until(check: () => Promise<void>, options?: { readonly seconds?: number }): Promise<void>;
}

/** The cluster of a test file: started before its tests, stopped after them. */
export function conformanceCluster(
  options: Pick<ClusterOptions, "apiServer" | "clock" | "nodes" | "programs" | "rootCertificate" | "runtimeConfig" | "server"> = {},
): ConformanceCluster {
  let started: Cluster | undefined;
  let namespaces = 0;
  beforeAll(async () => {
    started = await startCluster({ nodes: 0, seed: 1, ...options });
  });
  afterAll(async () => {
    expect(started?.failures).toEqual([]);
    await started?.[Symbol.asyncDispose]();
  });
  const cluster = (): Cluster => {
    if (started === undefined) throw new Error("The conformance cluster is there while tests run, not before");
    return started;
  };
  return {
    get client() {
      return cluster().client;
    },
    as: (user) => cluster().as(user),
    async namespace() {
      const name = `conformance-${namespaces++}`;
      await cluster().client.resource(NamespaceKind).create({ metadata: { name } });
      await cluster().settle();
      return name;
    },
    async until(check, { seconds = 60 } = {}) {
      for (let second = 0; ; second++) {
        await cluster().settle();
        try {
          return await check();
        } catch (error) {
          // Nobody moves the time of a cluster that runs by the system's.
          if (second >= seconds || options.clock === "system") throw error;
        }
        await cluster().clock.advance(1_000);
      }
    },
  };
}

/** The events of a watch, in the order in which they came, as long as it is open. */
export interface Recording<T> extends AsyncDisposable {
  readonly events: readonly WatchEvent<T>[];
  /** `TYPE name` of each. */
  readonly told: readonly string[];
}

/** Watches, from `resourceVersion` on, or from now. */
export async function record<T extends KubernetesObject>(
  resource: ResourceClient<T>,
  options: Pick<ListOptions, "labelSelector" | "fieldSelector" | "resourceVersion"> = {},
): Promise<Recording<T>> {
  const resourceVersion = options.resourceVersion ?? (await resource.list({ limit: 1 })).metadata.resourceVersion ?? "";
  const ended = new AbortController();
  const events: WatchEvent<T>[] = [];
  const reading = (async () => {
    try {
      for await (const batch of resource.watch({ ...options, resourceVersion, signal: ended.signal })) events.push(...batch);
    } catch (error) {
      if (!ended.signal.aborted) throw error;
    }
  })();
  return {
    events,
    get told() {
      return events.map(({ type, object }) => `${type} ${object.metadata.name}`);
    },
    async [Symbol.asyncDispose]() {
      ended.abort(new Error("The recording is over"));
      await reading;
    },
  };
}

/** The names of a list, sorted. */
export async function namesIn<T extends KubernetesObject>(
  resource: ResourceClient<T>,
  options: ListOptions = {},
): Promise<readonly string[]> {
  return (await resource.list(options)).items.map(({ metadata }) => metadata.name).toSorted();
}

/** The reason of the `StatusError` with which a request fails; fails itself when the request doesn't. */
export async function refusal(request: Promise<unknown>): Promise<string> {
  const error: unknown = await request.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error === undefined) throw new Error("Expected the request to be refused: it was not");
  if (typeof error === "object" && error !== null && "reason" in error) return String(error.reason);
  throw error;
}
