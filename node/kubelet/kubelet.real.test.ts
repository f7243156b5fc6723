import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { ConfigMapKind, type Pod, PodKind, SecretKind } from "@kubets/api";
import { busyboxImage, echoImage, type Registry, startRegistry } from "@kubets/images";
import { isUpgrade, type Peer, sleep } from "@kubets/machinery";
import { createSystemClock } from "@kubets/machinery/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nodeName, type RealNode, realNode, whyNoRealNode } from "./testing/real-node.ts";

const administrator: Peer = { via: "in-process", user: { name: "admin", groups: ["system:masters"] } };

const reason = whyNoRealNode();

describe.skipIf(reason !== undefined)(reason ?? "a kubelet on real containers", () => {
  let real: RealNode;
  let registry: Registry;
  let busybox: string;
  let echo: string;

  beforeAll(async () => {
    registry = await startRegistry({ images: { "busybox:1": busyboxImage(), "team/echo:2": echoImage() } });
    busybox = registry.nameOf("busybox:1");
    echo = registry.nameOf("team/echo:2");
    real = await realNode();
  });
  afterAll(async () => {
    const { failures } = real.cluster;
    await real[Symbol.asyncDispose]();
    await registry[Symbol.asyncDispose]();
    expect(failures).toEqual([]);
  });

  const run = async (name: string, spec: object): Promise<void> => {
    await real.cluster.apply(
      JSON.stringify({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name, namespace: "default", labels: { app: name } },
        spec: { terminationGracePeriodSeconds: 1, nodeName, ...spec },
      }),
    );
  };
  const remove = async (name: string): Promise<void> => {
    await real.cluster.client.resource(PodKind).in("default").delete(name);
    await real.goneOnce(name);
  };
  const isOver = ({ status }: Pod): boolean => status.phase === "Succeeded" || status.phase === "Failed";
  const isReady = ({ status }: Pod): boolean =>
    status.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True") ?? false;
  const shell = (script: string, more: object = {}): object => ({ name: "main", image: busybox, command: ["sh", "-c", script], ...more });
  const ask = async (target: string): Promise<{ readonly status: number; readonly text: string }> => {
    const answer = await real.kubelet.handle({ method: "GET", target, headers: {} }, administrator, new AbortController().signal);
    if (isUpgrade(answer)) throw new Error("Not what was asked for");
    let text = answer.body.kind === "bytes" ? new TextDecoder().decode(answer.body.bytes()) : "";
    if (answer.body.kind === "stream") for await (const chunk of answer.body.chunks) text += new TextDecoder().decode(chunk.bytes());
    return { status: answer.status, text };
  };

  test("the node is registered and ready", async () => {
    const { metadata, status } = await real.node();
    expect(metadata.labels).toMatchObject({ "kubernetes.io/hostname": nodeName, "kubernetes.io/os": "linux" });
    expect(status.nodeInfo).toMatchObject({
      kubeletVersion: "v1.36.0",
      containerRuntimeVersion: expect.stringMatching(/^containerd:\/\/\d/) as string,
    });
    expect(status.conditions?.find(({ type }) => type === "Ready")).toMatchObject({ status: "True", reason: "KubeletReady" });
  });

  test("a Pod with a readiness probe becomes ready, and nothing of it is left when it is deleted", async () => {
    await run("web", {
      containers: [{ name: "web", image: echo, readinessProbe: { httpGet: { path: "/healthz", port: 8080 }, periodSeconds: 1 } }],
    });
    const pod = await real.podOnce("web", isReady);
    expect(pod.status).toMatchObject({ phase: "Running", podIP: expect.stringMatching(/^10\.199\.0\./) as string, qosClass: "BestEffort" });
    await remove("web");
    expect(await real.containerd.runtime.listPodSandboxes()).toEqual([]);
    expect(spawnSync("find", ["/sys/fs/cgroup", "-name", `pod${pod.metadata.uid}`], { encoding: "utf8" }).stdout).toBe("");
    expect(spawnSync("find", [real.directory, "-name", `*${pod.metadata.uid}*`], { encoding: "utf8" }).stdout).toBe("");
  });

  test("init containers, exit codes and last words", async () => {
    const script = "cat /shared/greeting; echo trouble > /dev/termination-log; exit 3";
    const volumeMounts = [{ name: "shared", mountPath: "/shared" }];
    await run("job", {
      restartPolicy: "Never",
      volumes: [{ name: "shared", emptyDir: { medium: "Memory" } }],
      initContainers: [{ name: "init", image: busybox, command: ["sh", "-c", "echo hello > /shared/greeting"], volumeMounts }],
      containers: [shell(script, { volumeMounts })],
    });
    const pod = await real.podOnce("job", isOver);
    expect(pod.status).toMatchObject({
      phase: "Failed",
      initContainerStatuses: [{ ready: true, state: { terminated: { exitCode: 0, reason: "Completed" } } }],
    });
    expect(pod.status.containerStatuses?.[0]?.state.terminated).toMatchObject({ exitCode: 3, reason: "Error", message: "trouble\n" });
    expect(await ask("/containerLogs/default/job/main")).toEqual({ status: 200, text: "hello\n" });
    await remove("job");
  });

  test("variables, files and names reach the container", async () => {
    const { client } = real.cluster;
    await client
      .resource(ConfigMapKind)
      .in("default")
      .create({ metadata: { name: "settings" }, data: { color: "blue", shape: "round" } });
    await client
      .resource(SecretKind)
      .in("default")
      .create({ metadata: { name: "password" }, data: { word: btoa("sesame") } });
    const script = [
      'echo "$GREETING $COLOR $WORD $NAME $ADDRESS $LIMIT"',
      "cat /settings/color; echo; cat /secret/word; echo; cat /labels; echo",
      "test -s /var/run/secrets/kubernetes.io/serviceaccount/token && echo token",
      "hostname; grep -c plain /etc/hosts; cat /etc/resolv.conf | grep -c nameserver; id -u; ls -l /secret/..data/word | cut -c1-10",
    ].join("; ");
    await run("plain", {
      restartPolicy: "Never",
      volumes: [
        { name: "settings", configMap: { name: "settings" } },
        { name: "secret", secret: { secretName: "password", defaultMode: 0o400 } },
        { name: "labels", downwardAPI: { items: [{ path: "labels", fieldRef: { fieldPath: "metadata.labels" } }] } },
      ],
      containers: [
        shell(script, {
          resources: { limits: { cpu: "250m", memory: "64Mi" } },
          env: [
            { name: "COLOR", valueFrom: { configMapKeyRef: { name: "settings", key: "color" } } },
            { name: "WORD", valueFrom: { secretKeyRef: { name: "password", key: "word" } } },
            { name: "NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
            { name: "ADDRESS", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
            { name: "LIMIT", valueFrom: { resourceFieldRef: { resource: "limits.cpu", divisor: "1m" } } },
            { name: "GREETING", value: "a $(COLOR) $$(x)" },
          ],
          volumeMounts: [
            { name: "settings", mountPath: "/settings" },
            { name: "secret", mountPath: "/secret" },
            { name: "labels", mountPath: "/labels", subPath: "labels" },
          ],
        }),
      ],
    });
    const pod = await real.podOnce("plain", isOver);
    const lines = real
      .logOf(pod, "main")
      .trim()
      .split("\n")
      .map((line) => line.replace(/^\S+ \S+ F /, ""));
    expect(lines).toEqual([
      `a blue $(x) blue sesame plain ${pod.status.podIP} 250`,
      "blue",
      "sesame",
      'app="plain"',
      "token",
      "plain",
      "1",
      "1",
      "0",
      "-r--------",
    ]);
    await remove("plain");
  });

  test("Secrets, tokens and volumes of memory lie in memory, within their size, and are gone with the Pod", async () => {
    const { client } = real.cluster;
    await client
      .resource(SecretKind)
      .in("default")
      .create({ metadata: { name: "key" }, data: { word: btoa("sesame") } });
    const script = [
      "for place in /secret /scratch /bounded /var/run/secrets/kubernetes.io/serviceaccount; do",
      "  awk -v p=$place '$2 == p { print $3, substr($4, 1, 2) }' /proc/mounts",
      "done",
      "df -k /scratch | awk 'NR > 1 { print $2 }'; df -k /bounded | awk 'NR > 1 { print $2 }'",
      "dd if=/dev/zero of=/scratch/big bs=1M count=20 2>&1 | grep -o 'No space left on device'",
      "touch /secret/mine 2>&1 | grep -o 'Read-only file system'",
      "echo done; sleep 1000",
    ].join("\n");
    await run("secretive", {
      volumes: [
        { name: "secret", secret: { secretName: "key" } },
        { name: "scratch", emptyDir: { medium: "Memory", sizeLimit: "16Mi" } },
        { name: "bounded", emptyDir: { medium: "Memory" } },
      ],
      containers: [
        shell(script, {
          resources: { limits: { memory: "64Mi" } },
          volumeMounts: ["secret", "scratch", "bounded"].map((name) => ({ name, mountPath: `/${name}` })),
        }),
      ],
    });
    const pod = await real.podOnce("secretive", (found) => real.logOf(found, "main").includes("done"));
    const lines = real
      .logOf(pod, "main")
      .trim()
      .split("\n")
      .map((line) => line.replace(/^\S+ \S+ F /, ""));
    expect(lines).toEqual([
      ...["tmpfs ro", "tmpfs rw", "tmpfs rw", "tmpfs ro"],
      ...[`${16 * 1024}`, `${64 * 1024}`],
      ...["No space left on device", "Read-only file system", "done"],
    ]);
    const mounted = (): readonly string[] =>
      readFileSync("/proc/mounts", "utf8")
        .split("\n")
        .filter((line) => line.includes(`${pod.metadata.uid}/volumes`))
        .map((line) => line.split(" ")[0]!);
    expect(mounted()).toEqual(["tmpfs", "tmpfs", "tmpfs", "tmpfs"]);

    // A kubelet that begins anew finds them, and mounts nothing twice.
    await real.restartKubelet();
    expect(mounted()).toHaveLength(4);
    await remove("secretive");
    expect(mounted()).toEqual([]);
  });

  test("what lies in memory of a Pod that was removed while no kubelet looked is gone with its next start", async () => {
    await run("orphan", { containers: [shell("sleep 1000")], volumes: [{ name: "scratch", emptyDir: { medium: "Memory" } }] });
    const { metadata } = await real.podOnce("orphan", ({ status }) => status.phase === "Running");
    const mounted = (): boolean => readFileSync("/proc/mounts", "utf8").includes(`${metadata.uid}/volumes`);
    expect(mounted()).toBe(true);
    await real.restartKubelet(async () => {
      await real.cluster.client.resource(PodKind).in("default").delete("orphan", { gracePeriodSeconds: 0 });
      await real.goneOnce("orphan");
    });
    expect(mounted()).toBe(false);
    expect(spawnSync("find", [real.directory, "-name", `*${metadata.uid}*`], { encoding: "utf8" }).stdout).toBe("");
  });

  test("files of a ConfigMap follow it while the Pod runs", async () => {
    const settings = real.cluster.client.resource(ConfigMapKind).in("default");
    await settings.create({ metadata: { name: "live" }, data: { color: "blue" } });
    await run("live", {
      volumes: [{ name: "live", configMap: { name: "live" } }],
      containers: [shell("until grep -q red /live/color; do sleep 0.1; done", { volumeMounts: [{ name: "live", mountPath: "/live" }] })],
      restartPolicy: "Never",
    });
    await real.podOnce("live", ({ status }) => status.phase === "Running");
    await settings.patch("live", { data: { color: "red" } }, { type: "merge" });
    expect((await real.podOnce("live", isOver)).status.phase).toBe("Succeeded");
    await remove("live");
  });

  test("a container that fails is started again, and a Pod that waits for a ConfigMap starts when it comes", async () => {
    await run("loop", { containers: [shell("exit 1")] });
    await run("late", {
      volumes: [{ name: "late", configMap: { name: "late" } }],
      containers: [shell("true", { volumeMounts: [{ name: "late", mountPath: "/late" }] })],
      restartPolicy: "Never",
    });
    const looping = await real.podOnce("loop", ({ status }) => status.containerStatuses?.[0]?.state.waiting?.reason === "CrashLoopBackOff");
    expect(looping.status.containerStatuses?.[0]).toMatchObject({ restartCount: 1, lastState: { terminated: { exitCode: 1 } } });
    await real.cluster.client
      .resource(ConfigMapKind)
      .in("default")
      .create({ metadata: { name: "late" }, data: { a: "b" } });
    expect((await real.podOnce("late", isOver)).status.phase).toBe("Succeeded");
    expect((await ask("/containerLogs/default/loop/main?previous=true")).status).toBe(200);
    await Promise.all([remove("loop"), remove("late")]);
  });

  test("a container that fails its liveness probe is started again", async () => {
    const livenessProbe = {
      exec: { command: ["test", "-e", "/tmp/alive"] },
      periodSeconds: 1,
      failureThreshold: 1,
      initialDelaySeconds: 1,
    };
    await run("lively", { containers: [shell("trap 'exit 0' TERM; sleep 1000 & wait", { livenessProbe })] });
    const pod = await real.podOnce("lively", ({ status }) => (status.containerStatuses?.[0]?.restartCount ?? 0) > 0);
    expect(pod.status.containerStatuses?.[0]?.lastState.terminated).toMatchObject({ exitCode: 0 });
    await remove("lively");
  });

  test("preStop runs before the container is told to end", async () => {
    const preStop = { exec: { command: ["sh", "-c", "echo before > /proc/1/fd/1"] } };
    await run("polite", {
      terminationGracePeriodSeconds: 10,
      containers: [shell("trap 'echo after; exit 0' TERM; sleep 1000 & wait", { lifecycle: { preStop } })],
    });
    await real.podOnce("polite", ({ status }) => status.phase === "Running");
    const said = ask("/containerLogs/default/polite/main?follow=true");
    await remove("polite");
    expect((await said).text).toBe("before\nafter\n");
  });

  test("the kubelet, started anew, finds its containers running and goes on", async () => {
    await run("stays", { containers: [shell("trap 'exit 0' TERM; echo up; sleep 1000 & wait")] });
    const before = await real.podOnce("stays", ({ status }) => status.phase === "Running");
    await real.restartKubelet();
    await sleep(createSystemClock(), 200);
    const after = await real.pod("stays");
    expect(after.status).toEqual(before.status);
    const [container] = await real.containerd.runtime.listContainers({ state: "running" });
    await real.containerd.runtime.stopContainer(container!.id, { timeoutSeconds: 1 });
    await real.podOnce(
      "stays",
      ({ status }) => status.containerStatuses?.[0]?.restartCount === 1 && status.containerStatuses[0].state.running !== undefined,
    );
    await remove("stays");
  });

  test("a kill -9 of containerd changes nothing for a Pod; the kubelet hears of its container again afterwards", async () => {
    await run("steady", {
      containers: [shell("trap 'exit 0' TERM; sleep 1000 & wait", { readinessProbe: { exec: { command: ["true"] }, periodSeconds: 1 } })],
    });
    const before = await real.podOnce("steady", isReady);
    const record = JSON.parse(readFileSync(`${real.directory}/containerd/containerd.json`, "utf8")) as { readonly pid: number };
    const restarted = new Promise<void>((resolve) => void real.containerd.onRestart(resolve));
    process.kill(record.pid, "SIGKILL");
    await restarted;
    const { containerStatuses = [] } = (await real.podOnce("steady", isReady)).status;
    expect(containerStatuses.map(({ containerID, restartCount }) => [containerID, restartCount])).toEqual([
      [before.status.containerStatuses![0]!.containerID, 0],
    ]);
    const [container] = await real.containerd.runtime.listContainers({ state: "running" });
    await real.containerd.runtime.stopContainer(container!.id, { timeoutSeconds: 1 });
    await real.podOnce("steady", (pod) => pod.status.containerStatuses?.[0]?.restartCount === 1 && isReady(pod));
    await remove("steady");
  });

  test("logs are told by the line, from the end, and only to whom the API server allows it", async () => {
    await run("talks", { containers: [shell("for i in 1 2 3 4 5; do echo line $i; done; sleep 1000")] });
    await real.podOnce("talks", ({ status }) => status.phase === "Running");
    await sleep(createSystemClock(), 300);
    expect((await ask("/containerLogs/default/talks/main?tailLines=2")).text).toBe("line 4\nline 5\n");
    expect((await ask("/containerLogs/default/talks/main?limitBytes=9")).text).toBe("line 1\nli");
    expect((await ask("/containerLogs/default/talks/main?timestamps=true&tailLines=1")).text).toMatch(/^\d{4}-\S+Z line 5\n$/);
    expect(await ask("/containerLogs/default/talks/main?previous=true")).toEqual({
      status: 400,
      text: 'previous terminated container "main" in pod "talks" not found',
    });
    const stranger: Peer = { via: "in-process", user: { name: "eve", groups: ["system:authenticated"] } };
    expect(
      (await real.kubelet.handle({ method: "GET", target: "/pods", headers: {} }, stranger, new AbortController().signal)) as object,
    ).toMatchObject({ status: 403 });
    await remove("talks");
  });
});
