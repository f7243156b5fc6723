import type { Pod } from "@kubets/api";
import { describe, expect, test } from "vitest";
import { aPod, deleted, exited, idOf, imageReady, type Life, live, noon, sandbox, sandboxStarted, started } from "../testing/pods.ts";
import { adopt } from "./adopt.ts";

const stateOf = ({ pod }: Life, container = "main"): unknown => {
  const all = [...(pod.status.initContainerStatuses ?? []), ...(pod.status.containerStatuses ?? [])];
  return all.find(({ name }) => name === container)?.state;
};
const conditions = ({ pod }: Life): Record<string, string> =>
  Object.fromEntries((pod.status.conditions ?? []).map(({ type, status }) => [type, status]));
const running = (pod = aPod()): Life => live(pod).at(0, sandboxStarted, imageReady("main"), started("main", 0));

describe("a Pod starts", () => {
  test("its sandbox and the image at once, then the container", () => {
    const begun = live(aPod());
    expect(begun.asked).toEqual(["startSandbox", "ensureImage main"]);
    const pulled = begun.at(1, imageReady("main"));
    expect(pulled.asked).toEqual([]);
    const sandboxed = pulled.at(2, sandboxStarted);
    expect(sandboxed.asked).toEqual(["startContainer main"]);
    expect(sandboxed.pod.status).toMatchObject({ phase: "Pending", podIP: "10.0.0.2", hostIP: "172.16.0.1", qosClass: "BestEffort" });
    expect(begun.at(1, sandboxStarted).at(2, imageReady("main")).asked).toEqual(["startContainer main"]);
    const up = sandboxed.at(3, started("main", 3));
    expect(up.asked).toEqual([]);
    expect(up.pod.status.phase).toBe("Running");
    expect(stateOf(up)).toEqual({ running: { startedAt: "2026-01-01T12:00:03Z" } });
    expect(conditions(up)).toEqual({
      PodReadyToStartContainers: "True",
      Initialized: "True",
      Ready: "True",
      ContainersReady: "True",
      PodScheduled: "True",
    });
  });

  test("init containers run one after the other, before the others", () => {
    const pod = aPod({ initContainers: [{ name: "first" }, { name: "second" }] });
    const one = live(pod);
    expect(one.asked).toEqual(["startSandbox", "ensureImage first"]);
    const two = one.at(0, sandboxStarted).at(1, imageReady("first"), started("first", 1), exited("first", 2, 0));
    expect(two.asked).toEqual(["startContainer first", "ensureImage second"]);
    expect(conditions(two)["Initialized"]).toBe("False");
    const three = two.at(3, imageReady("second"), started("second", 3), exited("second", 4, 0));
    expect(three.asked).toEqual(["startContainer second", "ensureImage main"]);
    expect(conditions(three)["Initialized"]).toBe("True");
  });

  test("a sidecar stays, and the others start once it is up", () => {
    const pod = aPod({ initContainers: [{ name: "proxy", restartPolicy: "Always", startupProbe: { tcpSocket: { port: 80 } } }] });
    const starting = live(pod).at(0, sandboxStarted, imageReady("proxy"), started("proxy", 0));
    expect(starting.asked).not.toContain("ensureImage main");
    const up = starting.at(1, { kind: "probed", container: "proxy", id: idOf("proxy"), probe: "startup", healthy: true });
    expect(up.asked).toEqual(["ensureImage main"]);
  });

  test("a sandbox that can't be made is tried again, later each time", () => {
    const failed = live(aPod()).at(0, { kind: "sandboxFailed", reason: "FailedCreatePodSandBox", message: "no network" });
    expect(failed.wakesAt).toBe(1);
    const again = failed.at(1);
    expect(again.asked).toEqual(["startSandbox"]);
    expect(again.at(1, { kind: "sandboxFailed", reason: "FailedCreatePodSandBox", message: "no network" }).wakesAt).toBe(3);
  });

  test("what was missing and has come is tried at once", () => {
    const failed = live(aPod()).at(0, { kind: "sandboxFailed", reason: "FailedMount", message: 'configmap "a" not found' });
    expect(failed.at(0, { kind: "referenceChanged" }).asked).toEqual(["startSandbox"]);
  });

  test("an image that can't be pulled is backed off from", () => {
    const failure = { kind: "imageFailed", container: "main", reason: "ErrImagePull", message: "not found" } as const;
    const failed = live(aPod()).at(0, sandboxStarted, failure);
    expect(stateOf(failed)).toEqual({ waiting: { reason: "ErrImagePull", message: "not found" } });
    expect(failed.wakesAt).toBe(10);
    const again = failed.at(10);
    expect(again.asked).toEqual(["ensureImage main"]);
    const backedOff = again.at(10, failure);
    expect(stateOf(backedOff)).toEqual({
      waiting: { reason: "ImagePullBackOff", message: 'Back-off pulling image "main": ErrImagePull: not found' },
    });
    expect(backedOff.wakesAt).toBe(30);
  });

  test("the next container waits for the postStart hook of the one before", () => {
    const pod = aPod({ containers: [{ name: "main", lifecycle: { postStart: { exec: { command: ["x"] } } } }, { name: "second" }] });
    const hooked = live(pod).at(0, sandboxStarted, imageReady("main"), imageReady("second"), started("main", 0));
    expect(hooked.asked.filter((each) => each.startsWith("startContainer"))).toEqual(["startContainer main"]);
    expect(hooked.at(1, { kind: "postStartDone", container: "main", id: idOf("main") }).asked).toEqual(["startContainer second"]);
  });

  test("a Pod that the node refuses fails and takes nothing", () => {
    const refused = live(aPod()).at(0, { kind: "rejected", reason: "OutOfcpu", message: "Pod was rejected: too much" });
    expect(refused.pod.status).toMatchObject({ phase: "Failed", reason: "OutOfcpu", message: "Pod was rejected: too much" });
  });
});

describe("a container that ends", () => {
  test("is started again at once, then after ten seconds, then after twenty", () => {
    const once = running().at(5, exited("main", 5, 1));
    expect(once.asked).toEqual(["ensureImage main"]);
    const twice = once.at(6, imageReady("main"), started("main", 6, 1)).at(7, exited("main", 7, 1, 1));
    expect(stateOf(twice)).toEqual({
      waiting: { reason: "CrashLoopBackOff", message: "back-off 10s restarting failed container=main pod=web_default(uid-of-web)" },
    });
    expect(twice.pod.status.containerStatuses?.[0]).toMatchObject({
      restartCount: 1,
      ready: false,
      lastState: { terminated: { exitCode: 1, reason: "Error" } },
    });
    expect(twice.wakesAt).toBe(17);
    const thrice = twice.at(17, { kind: "time" }, imageReady("main"), started("main", 17, 2)).at(18, exited("main", 18, 1, 2));
    expect(thrice.wakesAt).toBe(38);
    expect(thrice.pod.status.phase).toBe("Running");
  });

  test("is out of its crash loop when it ran ten minutes", () => {
    const looped = running().at(1, exited("main", 1, 1), imageReady("main"), started("main", 1, 1));
    expect(looped.at(602, exited("main", 602, 1, 1)).asked).toEqual(["ensureImage main"]);
  });

  test("ends the Pod where nothing is restarted", () => {
    const done = running(aPod({ restartPolicy: "Never" })).at(5, exited("main", 5, 0));
    expect(done.pod.status.phase).toBe("Succeeded");
    expect(done.asked).toEqual(["stopSandbox"]);
    const failed = running(aPod({ restartPolicy: "Never" })).at(5, exited("main", 5, 3));
    expect(failed.pod.status.phase).toBe("Failed");
  });

  test("is restarted after a failure only, where that is the policy", () => {
    const pod = aPod({ restartPolicy: "OnFailure" });
    expect(running(pod).at(5, exited("main", 5, 0)).pod.status.phase).toBe("Succeeded");
    expect(running(pod).at(5, exited("main", 5, 1)).asked).toEqual(["ensureImage main"]);
  });

  test("fails the Pod when it was an init container that isn't repeated", () => {
    const pod = aPod({ restartPolicy: "Never", initContainers: [{ name: "init" }] });
    const failed = live(pod).at(0, sandboxStarted, imageReady("init"), started("init", 0), exited("init", 1, 1));
    expect(failed.pod.status.phase).toBe("Failed");
  });
});

describe("probes", () => {
  const probe = { tcpSocket: { port: 80 } };

  test("a container is ready while its readiness probe says so", () => {
    const up = running(aPod({ containers: [{ name: "main", readinessProbe: probe }] }));
    expect(conditions(up)["Ready"]).toBe("False");
    const ready = up.at(1, { kind: "probed", container: "main", id: idOf("main"), probe: "readiness", healthy: true });
    expect(conditions(ready)["Ready"]).toBe("True");
    expect(
      conditions(ready.at(2, { kind: "probed", container: "main", id: idOf("main"), probe: "readiness", healthy: false }))["Ready"],
    ).toBe("False");
  });

  test("a container that fails its liveness probe is stopped and started again", () => {
    const up = running(aPod({ containers: [{ name: "main", livenessProbe: probe }] }));
    const failed = up.at(30, { kind: "probed", container: "main", id: idOf("main"), probe: "liveness", healthy: false });
    expect(failed.effects).toContainEqual({
      kind: "tell",
      type: "Normal",
      reason: "Killing",
      message: "Container main failed liveness probe, will be restarted",
      container: "main",
    });
    expect(failed.asked).toEqual(["stopContainer main"]);
    expect(failed.at(31, exited("main", 31, 137)).asked).toEqual(["ensureImage main"]);
  });
});

describe("a Pod that is deleted", () => {
  test("is stopped within its grace, cleaned up, and only then removed", () => {
    const stopping = running().at(10, { kind: "observed", pod: deleted(running().pod, 30) });
    expect(stopping.effects).toContainEqual({ kind: "stopContainer", container: "main", id: idOf("main"), graceSeconds: 30, again: false });
    const stopped = stopping.at(12, exited("main", 12, 0));
    expect(stopped.asked).toEqual(["stopSandbox"]);
    const discarding = stopped.at(13, { kind: "sandboxStopped" });
    expect(discarding.asked).toEqual(["discard"]);
    const over = discarding.at(14, { kind: "discarded" });
    expect(over.asked).toContain("remove");
  });

  test("is stopped sooner when the grace is shortened", () => {
    const { pod } = running();
    const stopping = running().at(10, { kind: "observed", pod: deleted(pod, 30) });
    const hurried = stopping.at(11, { kind: "observed", pod: deleted(stopping.pod, 1) });
    expect(hurried.effects).toContainEqual({ kind: "stopContainer", container: "main", id: idOf("main"), graceSeconds: 1, again: true });
  });

  test("stops its sidecars after the others, the last one first", () => {
    const sidecar = (name: string) => ({ name, restartPolicy: "Always" as const });
    const up = live(aPod({ initContainers: [sidecar("a"), sidecar("b")] })).at(
      0,
      sandboxStarted,
      imageReady("a"),
      started("a", 0),
      imageReady("b"),
      started("b", 0),
      imageReady("main"),
      started("main", 0),
    );
    const stopping = up.at(1, { kind: "observed", pod: deleted(up.pod, 30) });
    expect(stopping.asked).toEqual(["stopContainer main"]);
    const second = stopping.at(2, exited("main", 2, 0));
    expect(second.asked).toEqual(["stopContainer b"]);
    expect(second.at(3, exited("b", 3, 0)).asked).toEqual(["stopContainer a"]);
  });

  test("waits for what is being started, and stops it", () => {
    const starting = live(aPod()).at(0, sandboxStarted, imageReady("main"));
    const deleting = starting.at(1, { kind: "observed", pod: deleted(starting.pod, 30) });
    expect(deleting.asked).toEqual([]);
    expect(deleting.at(2, started("main", 2)).asked).toEqual(["stopContainer main"]);
  });

  test("is taken down without a word when the object is gone already", () => {
    const gone = running().at(10, { kind: "gone" });
    expect(gone.asked).toEqual(["stopContainer main"]);
    const over = gone
      .at(11, exited("main", 11, 0))
      .at(12, { kind: "sandboxStopped" })
      .at(13, { kind: "discarded" });
    expect(over.state.sandbox.kind).toBe("discarded");
    expect(over.asked).toEqual([]);
  });
});

test("a Pod that was active for too long fails", () => {
  const late = running(aPod({ activeDeadlineSeconds: 60 })).at(60);
  expect(late.asked).toEqual(["stopContainer main"]);
  expect(late.at(61, exited("main", 61, 137)).pod.status).toMatchObject({ phase: "Failed", reason: "DeadlineExceeded" });
});

test("a Pod whose sandbox died gets another one, and its containers with it", () => {
  const lost = running().at(10, { kind: "sandboxLost", id: sandbox });
  expect(lost.asked).toEqual(["stopSandbox"]);
  const again = lost.at(11, { kind: "sandboxStopped" });
  expect(again.effects).toContainEqual({ kind: "startSandbox", attempt: 1, isRetry: false });
  expect(again.at(12, imageReady("main"), sandboxStarted).asked).toEqual(["startContainer main"]);
});

test("what was running goes on after a restart of the kubelet", () => {
  const { pod } = running();
  const metadata = { name: "web", namespace: "default", uid: "uid-of-web", attempt: 0 };
  const found = { createdAt: noon, labels: {}, annotations: {}, runtimeHandler: "" };
  const adopted = adopt(
    pod,
    {
      sandboxes: [{ ...found, id: sandbox, metadata, state: "ready", ips: ["10.0.0.2"], networkNamespace: "pod" }],
      containers: new Map([
        [
          "main",
          [
            {
              ...found,
              id: idOf("main"),
              metadata: { name: "main", attempt: 0 },
              image: "main",
              imageRef: "sha256:main",
              state: "running",
              startedAt: noon,
              exitCode: 0,
              reason: "",
              message: "",
              mounts: [],
              logPath: "",
            },
          ],
        ],
      ]),
    },
    { nodeAddress: "172.16.0.1", now: noon },
  );
  expect(adopted).toEqual({ ...running().state, pod });
});

describe("a Pod that runs is given other resources", () => {
  const asks = (cpu: string) => ({ requests: { cpu } });
  const up = (more: object = {}): Life => running(aPod({ containers: [{ name: "main", resources: asks("1"), ...more }] }));
  const changed = ({ pod }: Life, cpu: string, generation = 2): Pod => ({
    ...pod,
    metadata: { ...pod.metadata, generation },
    spec: { ...pod.spec, containers: pod.spec.containers.map((container) => ({ ...container, resources: asks(cpu) })) },
  });
  const shown = ({ pod }: Life): unknown => [
    pod.status.containerStatuses?.[0]?.resources,
    pod.status.containerStatuses?.[0]?.allocatedResources,
    conditions({ pod } as Life)["PodResizeInProgress"],
    pod.status.conditions?.find(({ type }) => type === "PodResizePending")?.reason,
  ];

  test("in place: it has them when the runtime says so", () => {
    const before = up();
    const under = before.at(5, { kind: "observed", pod: changed(before, "2") });
    expect(under.asked).toEqual(["resize"]);
    expect(shown(under)).toEqual([asks("1"), { cpu: "2" }, "True", undefined]);
    const done = under.at(6, { kind: "resized", resources: { main: asks("2") } });
    expect([shown(done), done.asked, stateOf(done)]).toEqual([[asks("2"), { cpu: "2" }, undefined, undefined], [], stateOf(before)]);
  });

  test("what there is no room for waits, and is tried again", () => {
    const before = up();
    const failure = { kind: "resizeFailed", reason: "Deferred", message: "no room" } as const;
    const waiting = before.at(5, { kind: "observed", pod: changed(before, "2") }).at(6, failure);
    expect(shown(waiting)).toEqual([asks("1"), { cpu: "1" }, undefined, "Deferred"]);
    expect([waiting.asked, waiting.wakesAt]).toEqual([[], 16]);
    expect(waiting.at(16).asked).toEqual(["resize"]);
    expect(waiting.at(7, { kind: "observed", pod: changed(waiting, "3", 3) }).asked).toEqual(["resize"]);
    const back = waiting.at(8, { kind: "observed", pod: changed(waiting, "1", 3) });
    expect([back.asked, shown(back)]).toEqual([[], [asks("1"), { cpu: "1" }, undefined, undefined]]);
  });

  test("by another run, where the container wants that", () => {
    const before = up({ resizePolicy: [{ resourceName: "cpu", restartPolicy: "RestartContainer" }] });
    const under = before.at(5, { kind: "observed", pod: changed(before, "2") });
    expect(under.asked).toEqual(["stopContainer main"]);
    const again = under.at(6, exited("main", 6, 137)).at(6, imageReady("main"), started("main", 7, 1));
    expect(shown(again)).toEqual([asks("2"), { cpu: "2" }, undefined, undefined]);
  });
});
