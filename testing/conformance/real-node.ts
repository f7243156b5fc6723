import { ConfigMapKind, NamespaceKind, type Pod, PodKind, ServiceAccountKind } from "@kubets/api";
import type { Client, DraftObject } from "@kubets/client";
import { busyboxImage, type Registry, startRegistry } from "@kubets/images";
import { nodeName, type RealNode, realNode, whyNoRealNode } from "@kubets/kubelet/testing";
import { createSystemClock } from "@kubets/machinery/node";
import { afterAll, beforeAll, expect, test as anyTest } from "vitest";
import { until as untilPasses } from "./until.ts";

/** A node with real containers, for behaviours that show inside of them: a client, patience, and what containers say. */
export interface ConformanceNode {
  readonly client: Client;
  readonly nodeName: string;
  /** An image with a shell and what belongs to it. */
  readonly shell: string;
  /** A new namespace with a name of its own. */
  namespace(): Promise<string>;
  /** What the Pod's only container has written so far. */
  log(namespace: string, pod: string): Promise<string>;
  /** Runs a Pod to its end, which must be a success, and deletes it; answers what its containers wrote, one after the other. */
  output(namespace: string, spec: PodFacts): Promise<string>;
  /** Resolves when the check passes. Rejects with what was wrong last when it still doesn't after 60 s. */
  until(check: () => Promise<void>): Promise<void>;
}

/** A Pod by what matters: one container that runs a script, unless `containers` says otherwise. */
export interface PodFacts {
  readonly script?: string;
  /** The volume is mounted at `/v`. */
  readonly volume?: object;
  readonly mount?: object;
  readonly container?: object;
  readonly containers?: readonly object[];
  readonly metadata?: object;
  readonly [more: string]: unknown;
}

/** Why there can be no real node here; `undefined` when there can. */
export const noRealNode: string | undefined = whyNoRealNode();
if (noRealNode !== undefined) console.warn(`Behaviours of real containers were not looked at: ${noRealNode}`);

/** Runs where containers can; elsewhere it is skipped visibly. */
export const test: typeof anyTest = noRealNode === undefined ? anyTest : (anyTest.skip as typeof anyTest);

/** The node of a test file: started before its tests, gone after them. */
export function conformanceNode(): ConformanceNode {
  const clock = createSystemClock();
  let real: RealNode | undefined;
  let registry: Registry | undefined;
  let made = 0;
  beforeAll(async () => {
    if (noRealNode !== undefined) return;
    registry = await startRegistry({ images: { "busybox:1": busyboxImage() } });
    real = await realNode();
  });
  afterAll(async () => {
    // What the kubelet still takes down must not be taken from under it.
    if (real !== undefined) await until(async () => expect((await node().cluster.client.resource(PodKind).list()).items).toEqual([]));
    const failures = real?.cluster.failures ?? [];
    await real?.[Symbol.asyncDispose]();
    await registry?.[Symbol.asyncDispose]();
    expect(failures).toEqual([]);
  });
  const node = (): RealNode => {
    if (real === undefined) throw new Error("The node is there while tests run, not before");
    return real;
  };
  const until: ConformanceNode["until"] = (check) => untilPasses(clock, check);
  const podsIn = (namespace: string) => node().cluster.client.resource(PodKind).in(namespace);
  const isOver = ({ status }: Pod): boolean => status.phase === "Succeeded" || status.phase === "Failed";
  return {
    get client() {
      return node().cluster.client;
    },
    nodeName,
    get shell() {
      return registry!.nameOf("busybox:1");
    },
    async namespace() {
      const name = `conformance-${made++}`;
      const { client } = node().cluster;
      await client.resource(NamespaceKind).create({ metadata: { name } });
      // What every namespace holds where the cluster has a CA.
      await client
        .resource(ConfigMapKind)
        .in(name)
        .create({ metadata: { name: "kube-root-ca.crt" }, data: { "ca.crt": "" } });
      await until(async () => {
        const { items } = await client.resource(ServiceAccountKind).in(name).list();
        expect(items).toHaveLength(1);
      });
      return name;
    },
    async log(namespace, name) {
      return textOf(node(), await podsIn(namespace).get(name));
    },
    async output(namespace, facts) {
      const name = `pod-${made++}`;
      await podsIn(namespace).create(podOf(name, this.shell, facts));
      const ended = await node().podOnce(name, isOver, namespace);
      const text = textOf(node(), ended);
      if (ended.status.phase !== "Succeeded") throw new Error(`The Pod failed: ${text} ${JSON.stringify(ended.status.containerStatuses)}`);
      await podsIn(namespace).delete(name);
      return text;
    },
    until,
  };
}

/** A Pod as a draft: see {@link PodFacts}. */
export function podOf(name: string, image: string, facts: PodFacts): DraftObject<Pod> {
  const { script = "", volume, mount = {}, container = {}, containers, metadata = {}, ...spec } = facts;
  const volumeMounts = volume === undefined ? [] : [{ name: "v", mountPath: "/v", ...mount }];
  const only = { name: "main", command: ["sh", "-c", script], volumeMounts, ...container };
  const draft = {
    metadata: { name, ...metadata },
    spec: {
      nodeName,
      restartPolicy: "Never",
      terminationGracePeriodSeconds: 1,
      containers: (containers ?? [only]).map((each) => ({ image, ...each })),
      ...(volume === undefined ? {} : { volumes: [{ name: "v", ...volume }] }),
      ...spec,
    },
  };
  return draft as unknown as DraftObject<Pod>;
}

/** The lines of all containers, without the times that stand before them. */
function textOf(real: RealNode, pod: Pod): string {
  return pod.spec.containers.map(({ name }) => real.logOf(pod, name).replaceAll(/^\S+ \S+ [FP] /gm, "")).join("");
}
