import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { EventKind, isPodReady, type Pod, PodKind, RuntimeClassKind } from "@kubets/api";
import { busyboxImage, type Registry, startRegistry } from "@kubets/images";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nodeName, type RealNode, realNode, whyNoRealNode } from "../../testing/real-node.ts";

const obstacle = whyNoRealNode();
if (obstacle !== undefined) console.warn(`Static Pods were not run: ${obstacle}`);

const name = `web-${nodeName}`;

describe.skipIf(obstacle !== undefined)("a node with manifests of its own", () => {
  let real: RealNode;
  let registry: Registry;
  beforeAll(async () => {
    registry = await startRegistry({ images: { "busybox:1": busyboxImage() } });
    real = await realNode({ hasStaticPods: true });
  });
  afterAll(async () => {
    const { failures } = real.cluster;
    await real[Symbol.asyncDispose]();
    await registry[Symbol.asyncDispose]();
    expect(failures).toEqual([]);
  });
  const path = (file: string): string => join(real.directory, "manifests", file);
  const write = (word: string, more: object = {}): void => {
    const script = `echo ${word}; trap 'exit 0' TERM; sleep 1000 & wait`;
    const container = { name: "main", image: registry.nameOf("busybox:1"), command: ["sh", "-c", script] };
    const spec = { terminationGracePeriodSeconds: 1, containers: [container], ...more };
    mkdirSync(join(real.directory, "manifests"), { recursive: true });
    writeFileSync(
      path("web.yaml"),
      JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata: { name: "web", labels: { app: "web" } }, spec }),
    );
  };
  const uidOf = ({ metadata }: Pod): string => metadata.annotations?.["kubernetes.io/config.hash"] ?? "";
  const idOf = ({ status }: Pod): string | undefined => status.containerStatuses?.[0]?.containerID;
  const logOf = (pod: Pod): string =>
    real
      .logOf({ ...pod, metadata: { ...pod.metadata, uid: uidOf(pod) } }, "main")
      .trim()
      .split(" ")
      .at(-1) ?? "";
  const ready = (isSo: (pod: Pod) => boolean = () => true): Promise<Pod> => real.podOnce(name, (pod) => isPodReady(pod) && isSo(pod));
  /** The API may not have one of this name for a moment. */
  const shown = async (isSo: (pod: Pod) => boolean): Promise<Pod> => {
    for (;;) {
      try {
        return await ready(isSo);
      } catch (error) {
        if (!String(error).includes("not found")) throw error;
        await wait(50);
      }
    }
  };

  test("a manifest runs, and its mirror tells of it", async () => {
    write("first");
    const pod = await shown(() => true);
    expect(logOf(pod)).toBe("first");
    expect(pod.metadata.annotations).toMatchObject({
      "kubernetes.io/config.mirror": uidOf(pod),
      "kubernetes.io/config.source": "file",
    });
    const { uid } = (await real.node()).metadata;
    expect(pod.metadata.ownerReferences).toEqual([{ apiVersion: "v1", kind: "Node", name: nodeName, uid, controller: true }]);
    expect(pod.spec.nodeName).toBe(nodeName);
  });

  test("a deleted mirror comes back, and its Pod goes on", async () => {
    const before = await ready();
    await real.cluster.client.resource(PodKind).in("default").delete(name);
    const after = await shown(({ metadata }) => metadata.uid !== before.metadata.uid);
    expect([uidOf(after), idOf(after)]).toEqual([uidOf(before), idOf(before)]);
  });

  test("a kubelet that starts anew goes on with it; one that finds the manifest gone ends it, and takes its mirror away", async () => {
    const before = await ready();
    await real.restartKubelet();
    write("first");
    expect(idOf(await ready())).toBe(idOf(before));
    await real.restartKubelet(async () => rmSync(path("web.yaml")));
    await real.goneOnce(name);
    expect(await real.containerd.runtime.listPodSandboxes()).toEqual([]);
  });

  test("another manifest makes another Pod, after the first has ended; a broken one changes nothing", async () => {
    write("second");
    const second = await shown(() => true);
    writeFileSync(path("web.yaml"), "kind: [");
    write("third");
    const third = await shown((pod) => uidOf(pod) !== uidOf(second));
    expect(logOf(third)).toBe("third");
    expect((await real.containerd.runtime.listPodSandboxes({ state: "ready" })).map(({ metadata }) => metadata.uid)).toEqual([
      uidOf(third),
    ]);
    writeFileSync(path("web.yaml"), "kind: [");
    writeFileSync(path(".hidden.yaml"), "not looked at");
    expect(idOf(await ready())).toBe(idOf(third));
    rmSync(path("web.yaml"));
    await real.goneOnce(name);
  });

  test("a Pod runs by the handler of its RuntimeClass, or says why it doesn't", async () => {
    const classes = real.cluster.client.resource(RuntimeClassKind);
    const handler = real.containerd.defaultHandler;
    await classes.create({ metadata: { name: "usual" }, handler });
    await classes.create({ metadata: { name: "odd" }, handler: "nowhere" });
    const pods = real.cluster.client.resource(PodKind).in("default");
    const containers = [{ name: "main", image: registry.nameOf("busybox:1"), command: ["true"] }];
    const spec = { nodeName, restartPolicy: "Never", containers } as const;
    for (const runtimeClassName of ["usual", "odd"])
      await pods.create({ metadata: { name: runtimeClassName }, spec: { ...spec, runtimeClassName } });
    await real.podOnce("usual", ({ status }) => status.phase === "Succeeded");
    const sandboxes = await real.containerd.runtime.listPodSandboxes({});
    expect(sandboxes.find(({ metadata }) => metadata.name === "usual")?.runtimeHandler).toBe(handler);
    const events = real.cluster.client.resource(EventKind).in("default");
    await real.podOnce("odd", ({ status }) => status.phase === "Pending");
    const failed = async (): Promise<string | undefined> =>
      (await events.list()).items.find(({ reason, involvedObject }) => reason === "FailedCreatePodSandBox" && involvedObject.name === "odd")
        ?.message;
    await expect.poll(failed, { timeout: 10_000 }).toContain('no runtime for "nowhere" is configured');
    for (const runtimeClassName of ["usual", "odd"]) {
      await pods.delete(runtimeClassName);
      await real.goneOnce(runtimeClassName);
    }
  });
});
