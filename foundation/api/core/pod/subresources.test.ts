import { describe, expect, test } from "vitest";
import { type Binding, BindingKind, validateBinding } from "../binding.ts";
import { bindingObstacle, boundPod } from "./bind.ts";
import { validateEphemeralContainersUpdate, withEphemeralContainersOf } from "./ephemeral-containers-update.ts";
import type { Pod } from "./pod.ts";
import { validatePodResize, withResourcesOf } from "./resize.ts";
import { aContainer, aPod, noon, texts } from "./testing/pods.ts";

type Json = Readonly<Record<string, unknown>>;

function aBinding(target: Binding["target"], metadata: Partial<Binding["metadata"]> = {}): Binding {
  return { kind: "Binding", apiVersion: "v1", metadata: { ...aPod().metadata, ...metadata }, target };
}

describe("a binding", () => {
  test("is to a node", () => {
    expect(texts(validateBinding(aBinding({ kind: "Pod", name: "x" })))).toEqual([
      'target.kind: Unsupported value: "Pod": supported values: "Node", "<empty>"',
    ]);
    expect(texts(validateBinding(aBinding({})))).toEqual(["target.name: Required value"]);
  });

  test("can only be created", () => {
    expect(BindingKind.verbs).toEqual(["create"]);
  });

  test("places the Pod and says so", () => {
    const pod = aPod({ metadata: { labels: { zone: "mine" } }, status: { nominatedNodeName: "node-9" } });
    const binding = aBinding({ name: "node-1" }, { labels: { zone: "theirs", region: "r" }, annotations: { a: "b" } });
    const bound = boundPod(pod, binding, noon);
    expect(bound.metadata).toMatchObject({ labels: { zone: "mine", region: "r" }, annotations: { a: "b" } });
    expect(bound.spec.nodeName).toBe("node-1");
    expect(bound.status).toEqual({
      phase: "Pending",
      conditions: [{ type: "PodScheduled", status: "True", lastTransitionTime: "2030-01-01T12:00:00Z" }],
    });
  });

  test.each([
    ["is possible for a Pod that waits", {}, {}, undefined],
    ["comes too late for one that is placed", { nodeName: "node-1" }, {}, 'pod web is already assigned to node "node-1"'],
    ["comes too early for one that is gated", { schedulingGates: [{ name: "a" }] }, {}, "pod web has non-empty .spec.schedulingGates"],
    [
      "comes too late for one that is being deleted",
      {},
      { deletionTimestamp: "2030-01-01T12:00:00Z" },
      "pod web is being deleted, cannot be assigned to a host",
    ],
  ])("%s", (_, spec, metadata, obstacle) => {
    expect(bindingObstacle(aPod({ spec, metadata }))).toBe(obstacle);
  });
});

describe("ephemeral containers", () => {
  const debug = aContainer({ name: "debug" });
  const withContainers = (...ephemeralContainers: readonly Json[]): Pod => aPod({ spec: { ephemeralContainers, nodeName: "node-1" } });

  test("are all that changes", () => {
    const asked = aPod({
      spec: { ephemeralContainers: [debug], nodeName: "node-2" },
      metadata: { labels: { a: "b" } },
      status: { phase: "Failed" },
    });
    const previous = withContainers();
    const changed = withEphemeralContainersOf(asked, previous);
    expect(changed).toEqual({
      ...asked,
      spec: { ...previous.spec, ephemeralContainers: asked.spec.ephemeralContainers },
      status: previous.status,
    });
    expect(validateEphemeralContainersUpdate(changed, previous)).toEqual([]);
  });

  test("stay as they are once they are there", () => {
    const other = aContainer({ name: "debug", image: "other:1" });
    expect(texts(validateEphemeralContainersUpdate(withContainers(), withContainers(debug)))).toEqual([
      'spec.ephemeralContainers: Forbidden: existing ephemeral containers "debug" may not be removed\n',
    ]);
    expect(texts(validateEphemeralContainersUpdate(withContainers(other), withContainers(debug)))).toEqual([
      'spec.ephemeralContainers: Forbidden: existing ephemeral containers "debug" may not be changed\ndebug.image: "web:1" -> "other:1"',
    ]);
  });

  test("can't be added to a static Pod", () => {
    const mirror = aPod({ metadata: { annotations: { "kubernetes.io/config.mirror": "x" } }, spec: { nodeName: "node-1" } });
    expect(texts(validateEphemeralContainersUpdate(mirror, mirror))).toEqual([
      ": Forbidden: static pods do not support ephemeral containers",
    ]);
  });
});

describe("a resize", () => {
  const sized = (resources: Json, more: Json = {}): Pod => aPod({ spec: { containers: [aContainer({ resources, ...more })] } });
  const before = sized({ requests: { cpu: "1" } });
  const resize = (after: Pod, previous: Pod = before): readonly string[] =>
    texts(validatePodResize(withResourcesOf(after, previous), previous));

  test("changes cpu and memory, and nothing else that is sent along", () => {
    const after = sized({ requests: { cpu: "2", memory: "1Gi" } }, { image: "other:1" });
    expect(resize(after)).toEqual([]);
    expect(withResourcesOf(after, before).spec.containers[0]).toMatchObject({
      image: "web:1",
      resources: { requests: { cpu: "2", memory: "1Gi" } },
    });
  });

  test("keeps the quality of service", () => {
    expect(resize(sized({}))).toEqual([
      'spec: Invalid value: "": Pod QOS Class may not change as a result of resizing',
      "spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed",
    ]);
  });

  test("is of cpu and memory", () => {
    expect(resize(sized({ requests: { cpu: "1", "ephemeral-storage": "1Gi" } }))).toEqual([
      "spec: Forbidden: only cpu and memory resources are mutable",
    ]);
  });

  test("is of sidecars but not of containers that run to their end", () => {
    const withInit = (cpu: string, more: Json = {}): Pod =>
      aPod({ spec: { initContainers: [aContainer({ name: "i", resources: { requests: { cpu } }, ...more })] } });
    expect(resize(withInit("2", { restartPolicy: "Always" }), withInit("1", { restartPolicy: "Always" }))).toEqual([]);
    expect(resize(withInit("2"), withInit("1"))).toEqual(["spec: Forbidden: resources for non-sidecar init containers are immutable"]);
  });

  test("is not of whole Pods", () => {
    const whole = aPod({ spec: { resources: { limits: { cpu: "1" } } } });
    expect(resize(whole, whole)).toEqual([": Forbidden: pods with pod-level resources cannot be resized"]);
  });
});
