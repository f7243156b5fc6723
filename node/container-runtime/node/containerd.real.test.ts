import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { echoImage, busyboxImage, startRegistry } from "@kubets/images";
import type { Registry } from "@kubets/images";
import { sleep } from "@kubets/machinery";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ContainerEvent } from "../container.ts";
import { writeImageArchive } from "../images/image-archive.ts";
import { importImagesInto } from "./import-images.ts";
import { pauseImageName } from "../pause/pause-image.ts";
import type { RealContainerd } from "../testing/real-containerd.ts";
import { aContainer, aSandbox, leftovers, realContainerd, runPod, statusOnce, whyNoContainerd } from "../testing/real-containerd.ts";

const reason = whyNoContainerd();

describe.skipIf(reason !== undefined)(reason ?? "a containerd of our own", () => {
  let real: RealContainerd;
  let registry: Registry;
  let busybox: string;

  beforeAll(async () => {
    registry = await startRegistry({ images: { "busybox:1": busyboxImage(), "team/echo:2": echoImage() } });
    real = await realContainerd();
    busybox = await real.containerd.runtime.pullImage(registry.nameOf("busybox:1"));
  });
  afterAll(async () => {
    await real[Symbol.asyncDispose]();
    await registry[Symbol.asyncDispose]();
    expect(leftovers(real)).toEqual({ files: [], mounts: [], processes: [], cgroups: [] });
    expect(real.tasks.pending()).toEqual([]);
    expect(real.tasks.failures).toEqual([]);
  });

  test("says what it is, and that it is ready", async () => {
    const { runtime, version } = real.containerd;
    expect(await runtime.version()).toEqual({ runtimeName: "containerd", runtimeVersion: version, runtimeApiVersion: "v1" });
    expect((await runtime.status()).conditions).toContainEqual({ type: "RuntimeReady", status: true, reason: "", message: "" });
  });

  test("has the pause image without having pulled it", async () => {
    expect(await real.containerd.runtime.imageStatus(pauseImageName)).toMatchObject({
      pinned: true,
      configuration: { entrypoint: ["/pause"] },
    });
  });

  test("an image is pulled by its tag and removed", async () => {
    const { runtime } = real.containerd;
    const name = registry.nameOf("team/echo:2");
    const id = await runtime.pullImage(name);
    expect(await runtime.imageStatus(name)).toMatchObject({ id, repoTags: [name], configuration: { command: ["/bin/echo-server"] } });
    expect((await runtime.listImages()).map((image) => image.id)).toContain(id);
    await runtime.removeImage(name);
    expect(await runtime.imageStatus(name)).toBeUndefined();
    await runtime.removeImage(name);
  });

  test("an image that the registry lacks is not found", async () => {
    await expect(real.containerd.runtime.pullImage(registry.nameOf("busybox:none"))).rejects.toMatchObject({ reason: "NotFound" });
  });

  test("a registry with a password wants it", async () => {
    const { runtime } = real.containerd;
    const credentials = { username: "ann", password: "secret" };
    await using closed = await startRegistry({ images: { "busybox:1": busyboxImage({ environment: ["A=1"] }) }, credentials });
    await expect(runtime.pullImage(closed.nameOf("busybox:1"))).rejects.toThrow(/401|authorization/);
    await expect(runtime.pullImage(closed.nameOf("busybox:1"), { credentials })).resolves.toMatch(/^sha256:/);
  });

  test("a registry may be a mirror of another one", async () => {
    const { runtime } = real.containerd;
    const directory = join(real.options.directory, "registries", "registry.example");
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, "hosts.toml"), `[host."http://${registry.host}"]\ncapabilities = ["pull", "resolve"]\n`);
    const id = await runtime.pullImage("registry.example/team/echo:2");
    expect(await runtime.imageStatus("registry.example/team/echo:2")).toMatchObject({ id });
    await runtime.removeImage("registry.example/team/echo:2");
  });

  test("an archive of images is imported, compressed or not", async () => {
    const { runtime } = real.containerd;
    const name = "registry.example/loaded:1";
    const image = busyboxImage({ environment: ["LOADED=yes"] });
    const archive = writeImageArchive([{ name, image }]);
    mkdirSync(real.logs, { recursive: true });
    for (const [file, bytes] of [
      ["image.tar", archive],
      ["image.tar.gz", gzipSync(archive)],
    ] as const) {
      writeFileSync(join(real.logs, file), bytes);
      expect(await real.containerd.importImages(join(real.logs, file))).toEqual([name]);
      while ((await runtime.imageStatus(name)) === undefined) await sleep(real.options.clock, 10);
      expect(await runtime.imageStatus(name)).toMatchObject({ id: image.config.digest, configuration: { environment: ["LOADED=yes"] } });
      await runtime.removeImage(name);
    }
  });

  test("another program imports images by knowing the directory alone", async () => {
    const name = "registry.example/by-another:1";
    mkdirSync(real.logs, { recursive: true });
    writeFileSync(join(real.logs, "other.tar"), writeImageArchive([{ name, image: busyboxImage({ environment: ["BY=another"] }) }]));
    const { directory } = real.options;
    expect(await importImagesInto(directory, join(real.logs, "other.tar"), real)).toEqual([name]);
    while ((await real.containerd.runtime.imageStatus(name)) === undefined) await sleep(real.options.clock, 10);
    await expect(importImagesInto(`${directory}/none`, join(real.logs, "other.tar"), real)).rejects.toThrow("no containerd runs in");
  });

  test("a file that is no archive of images is refused", async () => {
    mkdirSync(real.logs, { recursive: true });
    writeFileSync(join(real.logs, "notes.txt"), "x".repeat(1000));
    await expect(real.containerd.importImages(join(real.logs, "notes.txt"))).rejects.toThrow("Not a tar archive");
  });

  test("containers have statistics", async () => {
    const { runtime } = real.containerd;
    const { sandbox, id } = await runPod(real, aContainer(busybox));
    expect(await runtime.containerStats(id)).toMatchObject({ id, name: "app", memory: { usageBytes: expect.any(Number) } });
    expect((await runtime.listContainerStats({ sandbox })).map((stats) => stats.id)).toEqual([id]);
    expect((await runtime.listPodSandboxStats({ id: sandbox })).map((stats) => stats.id)).toEqual([sandbox]);
    expect((await runtime.imageFilesystems()).map(({ mountpoint }) => mountpoint.startsWith(real.options.directory))).toEqual([true]);
    await runtime.removePodSandbox(sandbox);
    expect(await runtime.containerStats(id)).toBeUndefined();
  });

  test("a container's limits are changed while it runs", async () => {
    const { runtime } = real.containerd;
    const { sandbox, id } = await runPod(real, aContainer(busybox, { resources: { memoryLimitBytes: 64 * 2 ** 20 } }));
    await runtime.updateContainerResources(id, { memoryLimitBytes: 96 * 2 ** 20 });
    expect(await runtime.containerStatus(id)).toMatchObject({ resources: { memoryLimitBytes: 96 * 2 ** 20 } });
    await runtime.removePodSandbox(sandbox);
  });

  test("a log goes on in a new file after it was renamed", async () => {
    const { runtime } = real.containerd;
    const container = aContainer(busybox, {
      command: ["sh", "-c", "echo one; while [ ! -e /go ]; do sleep 0.05; done; echo two; sleep 60"],
    });
    const { sandbox, id, logPath } = await runPod(real, container);
    while (!readFileSync(logPath, "utf8").includes("one")) await sleep(real.options.clock, 10);
    renameSync(logPath, `${logPath}.1`);
    await runtime.reopenContainerLog(id);
    await runtime.execSync(id, ["touch", "/go"]);
    while (!readFileSync(logPath, "utf8").includes("two")) await sleep(real.options.clock, 10);
    expect(readFileSync(`${logPath}.1`, "utf8")).toMatch(/ stdout F one\n$/);
    await runtime.removePodSandbox(sandbox);
  });

  test("streams are had by a URL on loopback", async () => {
    const { runtime } = real.containerd;
    const { sandbox, id } = await runPod(real, aContainer(busybox));
    const streams = { stdin: false, stdout: true, stderr: true, tty: false };
    expect(await runtime.exec(id, { command: ["true"], ...streams })).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/exec\//);
    expect(await runtime.attach(id, streams)).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/attach\//);
    expect(await runtime.portForward(sandbox, [80])).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/portforward\//);
    await runtime.removePodSandbox(sandbox);
  });

  test("a container runs to its end; its output and exit code are kept", async () => {
    const { runtime } = real.containerd;
    const command = ["sh", "-c", 'echo "$GREETING"; echo trouble >&2; exit 42'];
    const container = aContainer(busybox, { command, environment: [{ name: "GREETING", value: "grüezi" }] });
    const { sandbox, id, logPath } = await runPod(real, container);
    expect(await statusOnce(real, id, "exited")).toMatchObject({ exitCode: 42, reason: "Error", logPath, metadata: { name: "app" } });
    const lines = readFileSync(logPath, "utf8").trim().split("\n");
    expect(lines.map((line) => line.replace(/^\S+ /, "")).toSorted()).toEqual(["stderr F trouble", "stdout F grüezi"]);
    await runtime.removePodSandbox(sandbox);
    expect(await runtime.containerStatus(id)).toBeUndefined();
    expect(await runtime.podSandboxStatus(sandbox)).toBeUndefined();
  });

  test("containers and sandboxes are found by their labels", async () => {
    const { runtime } = real.containerd;
    const config = aSandbox(real, { labels: { app: "found" }, annotations: { note: "kept" } });
    const { sandbox, id } = await runPod(real, aContainer(busybox, { labels: { tier: "front" } }), config);
    expect(await runtime.listPodSandboxes({ labels: { app: "found" } })).toMatchObject([
      { id: sandbox, state: "ready", metadata: config.metadata, annotations: { note: "kept" } },
    ]);
    expect(await runtime.listContainers({ labels: { tier: "front" }, state: "running" })).toMatchObject([{ id, sandbox }]);
    expect(await runtime.listContainers({ labels: { tier: "back" } })).toEqual([]);
    await runtime.removePodSandbox(sandbox);
  });

  test("a command is run in a container; one that takes too long is killed", async () => {
    const { runtime } = real.containerd;
    const { sandbox, id } = await runPod(real, aContainer(busybox));
    const { stdout, stderr, exitCode } = await runtime.execSync(id, ["sh", "-c", "echo out; echo err >&2; exit 7"]);
    expect([text(stdout), text(stderr), exitCode]).toEqual(["out\n", "err\n", 7]);
    await expect(runtime.execSync(id, ["sleep", "60"], { timeoutSeconds: 1 })).rejects.toMatchObject({ reason: "DeadlineExceeded" });
    await runtime.removePodSandbox(sandbox);
  });

  test("a container that is told to stop may end by itself; one that doesn't listen is killed", async () => {
    const { runtime } = real.containerd;
    const polite = await runPod(real, aContainer(busybox));
    await runtime.execSync(polite.id, ["true"]);
    await runtime.stopContainer(polite.id, { timeoutSeconds: 30 });
    expect(await runtime.containerStatus(polite.id)).toMatchObject({ state: "exited", exitCode: 0, reason: "Completed" });
    const deaf = await runPod(real, aContainer(busybox, { command: ["sh", "-c", "trap '' TERM; sleep 60"] }));
    await runtime.stopContainer(deaf.id, { timeoutSeconds: 1 });
    expect(await runtime.containerStatus(deaf.id)).toMatchObject({ state: "exited", exitCode: 137 });
    for (const { sandbox } of [polite, deaf]) await runtime.removePodSandbox(sandbox);
  });

  test("a container that takes too much memory is killed for it", async () => {
    const command = ["sh", "-c", "x=aaaaaaaaaaaaaaaa; while :; do x=$x$x; done"];
    const container = aContainer(busybox, { command, resources: { memoryLimitBytes: 16 * 1024 * 1024 } });
    const { sandbox, id } = await runPod(real, container);
    expect(await statusOnce(real, id, "exited")).toMatchObject({ exitCode: 137, reason: "OOMKilled" });
    await real.containerd.runtime.removePodSandbox(sandbox);
  });

  test("pause buries the children that were left to it", async () => {
    const { runtime } = real.containerd;
    const namespaces = { network: "node", pid: "pod", ipc: "pod" } as const;
    const config = aSandbox(real, { security: { namespaces } });
    const { sandbox, id } = await runPod(real, aContainer(busybox, { security: { namespaces } }), config);
    await runtime.execSync(id, ["sh", "-c", "for i in 1 2 3; do (true &) ; done"]);
    const { stdout } = await runtime.execSync(id, ["sh", "-c", "cat /proc/1/comm; grep -l '^State:.Z' /proc/[0-9]*/status | wc -l"]);
    expect(text(stdout)).toBe("pause\n0\n");
    await runtime.removePodSandbox(sandbox);
  });

  test("what happens to a container is told as it happens", async () => {
    const { runtime } = real.containerd;
    const stop = new AbortController();
    const events: ContainerEvent[] = [];
    let id = "";
    const { promise: subscribed, resolve: onSubscribed } = Promise.withResolvers<void>();
    const { promise: deleted, resolve: onDeleted } = Promise.withResolvers<void>();
    const listening = (async () => {
      for await (const event of runtime.containerEvents({ signal: stop.signal })) {
        events.push(event);
        if (event.type === "relist") onSubscribed();
        if (event.type === "deleted" && event.id === id) onDeleted();
      }
    })();
    await subscribed;
    const config = aSandbox(real);
    const sandbox = await runtime.runPodSandbox(config);
    const container = await runtime.createContainer(sandbox, aContainer(busybox, { command: ["sh", "-c", "exit 3"] }), config);
    id = container;
    await runtime.startContainer(container);
    await deleted;
    expect(events[0]).toEqual({ type: "relist" });
    expect(events.filter((event) => "id" in event && event.id === container)).toEqual([
      { type: "created", id: container },
      { type: "started", id: container },
      { type: "exited", id: container, exitCode: 3 },
      { type: "deleted", id: container },
    ]);
    stop.abort();
    await listening;
    await runtime.removePodSandbox(sandbox);
  });
});

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
