import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import type { ContainerConfig } from "../container.ts";
import type { PodSandboxConfig } from "../pod-sandbox.ts";
import { eventOf } from "../node/container-events.ts";
import { taskEventsProtocol } from "./containerd.ts";
import type { ReadMessage } from "./cri.ts";
import { criProtocol } from "./cri.ts";
import { signals } from "./enums.ts";
import { containerStatusFromWire, imageStatusFromWire, instantOf, sandboxStatusFromWire } from "./from-wire.ts";
import { containerConfigToWire, sandboxConfigToWire } from "./to-wire.ts";

/** A message as the runtime reads what we have written. */
function overTheWire<Name extends string>(name: Name, value: object): Record<string, unknown> {
  const type = criProtocol.messageTypeOf(name);
  return fromBinary(type, toBinary(type, create(type, value as Record<string, unknown>))) as unknown as Record<string, unknown>;
}

const namespaces = { network: "node", pid: "target", ipc: "pod", targetId: "abc" } as const;

describe("what a kubelet asks for", () => {
  test("of a sandbox arrives", () => {
    const config: PodSandboxConfig = {
      metadata: { name: "web", uid: "u1", namespace: "shop", attempt: 3 },
      hostname: "web-0",
      logDirectory: "/var/log/pods/web",
      dns: { servers: ["10.96.0.10"], searches: ["svc.cluster.local"], options: ["ndots:5"] },
      portMappings: [{ protocol: "UDP", containerPort: 53, hostPort: 5353, hostIP: "127.0.0.1" }],
      labels: { app: "web" },
      annotations: { note: "ü" },
      cgroupParent: "/kubepods/pod1",
      sysctls: { "net.ipv4.tcp_syncookies": "1" },
      security: { namespaces, runAsUser: 0, seccomp: { type: "Localhost", localhostRef: "/profiles/a.json" } },
    };
    const arrived = overTheWire("PodSandboxConfig", sandboxConfigToWire(config));
    expect(arrived).not.toHaveProperty("linux.securityContext.runAsGroup");
    expect(arrived).toMatchObject({
      metadata: { name: "web", uid: "u1", namespace: "shop", attempt: 3 },
      hostname: "web-0",
      dnsConfig: { servers: ["10.96.0.10"], searches: ["svc.cluster.local"], options: ["ndots:5"] },
      portMappings: [{ protocol: 1, containerPort: 53, hostPort: 5353, hostIp: "127.0.0.1" }],
      labels: { app: "web" },
      annotations: { note: "ü" },
      linux: {
        cgroupParent: "/kubepods/pod1",
        sysctls: { "net.ipv4.tcp_syncookies": "1" },
        securityContext: {
          namespaceOptions: { network: 2, pid: 3, ipc: 0, targetId: "abc" },
          // User 0 is asked for, which is not the same as no wish.
          runAsUser: { value: 0n },
          seccomp: { profileType: 2, localhostRef: "/profiles/a.json" },
        },
      },
    });
  });

  test("of a container arrives", () => {
    const config: ContainerConfig = {
      metadata: { name: "app", attempt: 1 },
      image: "sha256:1",
      userSpecifiedImage: "app:1",
      command: ["/app"],
      environment: [{ name: "GREETING", value: "grüezi" }],
      mounts: [{ containerPath: "/data", hostPath: "/volumes/1", readonly: true, propagation: "HostToContainer" }],
      labels: {},
      annotations: {},
      logPath: "app/1.log",
      stopSignal: "SIGUSR1",
      resources: { cpuQuota: -1, memoryLimitBytes: 64 * 2 ** 40, oomScoreAdjust: -997, hugepageLimits: [{ pageSize: "2Mi", limit: 4096 }] },
      security: { namespaces, capabilities: { add: ["NET_ADMIN"], drop: ["ALL"] }, noNewPrivileges: true },
    };
    expect(overTheWire("ContainerConfig", containerConfigToWire(config))).toMatchObject({
      image: { image: "sha256:1", userSpecifiedImage: "app:1" },
      command: ["/app"],
      args: [],
      envs: [{ key: "GREETING", value: new TextEncoder().encode("grüezi") }],
      mounts: [{ containerPath: "/data", hostPath: "/volumes/1", readonly: true, propagation: 1 }],
      stopSignal: signals.indexOf("SIGUSR1"),
      linux: {
        resources: {
          cpuQuota: -1n,
          memoryLimitInBytes: 64n * 2n ** 40n,
          oomScoreAdj: -997n,
          hugepageLimits: [{ pageSize: "2Mi", limit: 4096n }],
        },
        securityContext: { capabilities: { addCapabilities: ["NET_ADMIN"], dropCapabilities: ["ALL"] }, noNewPrivs: true },
      },
    });
  });
});

describe("what a runtime answers", () => {
  test("of a container that has not started has no start", () => {
    const wire = overTheWire("ContainerStatus", { id: "c1", state: 0, createdAt: 1_795_297_919_872_611_123n, stopSignal: 23 });
    const status = containerStatusFromWire(wire as unknown as ReadMessage<"ContainerStatus">);
    expect(status).toMatchObject({ id: "c1", state: "created", createdAt: 1_795_297_919_872.611, stopSignal: "SIGTERM" });
    expect(status).not.toHaveProperty("startedAt");
    expect(status).not.toHaveProperty("user");
  });

  test("of a sandbox lists all addresses, the first one first", () => {
    const wire = overTheWire("PodSandboxStatus", { id: "s1", state: 0, network: { ip: "10.0.0.2", additionalIps: [{ ip: "fd00::2" }] } });
    expect(sandboxStatusFromWire(wire as unknown as ReadMessage<"PodSandboxStatus">)).toMatchObject({
      state: "ready",
      ips: ["10.0.0.2", "fd00::2"],
      networkNamespace: "pod",
    });
  });

  test("of an image tells what it runs, and nothing when there is none", () => {
    const info = { info: JSON.stringify({ imageSpec: { config: { Entrypoint: ["/app"], User: "1000", Volumes: { "/data": {} } } } }) };
    const wire = overTheWire("ImageStatusResponse", { image: { id: "sha256:1", size: 5n, uid: { value: 0n } }, info });
    expect(imageStatusFromWire(wire as unknown as ReadMessage<"ImageStatusResponse">)).toEqual({
      id: "sha256:1",
      repoTags: [],
      repoDigests: [],
      size: 5,
      pinned: false,
      uid: 0,
      configuration: { entrypoint: ["/app"], command: [], environment: [], workingDirectory: "", user: "1000", volumes: ["/data"] },
    });
    const none = overTheWire("ImageStatusResponse", {});
    expect(imageStatusFromWire(none as unknown as ReadMessage<"ImageStatusResponse">)).toBeUndefined();
  });

  test("keeps the microseconds of its times", () => {
    expect(instantOf(1_795_297_919_872_611_999n)).toBe(1_795_297_919_872.611);
  });
});

describe("an event of containerd", () => {
  const envelope = (topic: string, name: "TaskEvent" | "TaskExit", value: Record<string, unknown>, namespace = "k8s.io") => {
    const type = taskEventsProtocol.messageTypeOf(name);
    return { namespace, topic, event: { typeUrl: `containerd.events.${name}`, value: toBinary(type, create(type, value)) } };
  };

  test.each([
    { topic: "/tasks/create", type: "created" },
    { topic: "/tasks/start", type: "started" },
    { topic: "/tasks/oom", type: "oom" },
    { topic: "/tasks/delete", type: "deleted" },
  ])("$topic says that a container was $type", ({ topic, type }) => {
    expect(eventOf(envelope(topic, "TaskEvent", { containerId: "c1" }))).toEqual({ type, id: "c1" });
  });

  test("tells the exit of a container from that of a command in it", () => {
    const exit = { containerId: "c1", exitStatus: 137 };
    expect(eventOf(envelope("/tasks/exit", "TaskExit", { ...exit, id: "c1" }))).toEqual({ type: "exited", id: "c1", exitCode: 137 });
    expect(eventOf(envelope("/tasks/exit", "TaskExit", { ...exit, id: "probe" }))).toBeUndefined();
  });

  test("is nobody's business when it is of another namespace", () => {
    expect(eventOf(envelope("/tasks/start", "TaskEvent", { containerId: "c1" }, "moby"))).toBeUndefined();
  });
});

test("the signals are numbered as CRI numbers them", () => {
  expect(
    ["", "SIGKILL", "SIGTERM", "SIGXFSZ", "SIGRTMINPLUS15", "SIGRTMAXMINUS14", "SIGRTMAX"].map((name) => signals.indexOf(name)),
  ).toEqual([0, 13, 23, 34, 50, 51, 65]);
});
