import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { busyboxImage, startRegistry } from "@kubets/images";
import type { Registry } from "@kubets/images";
import { sleep } from "@kubets/machinery";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ContainerEvent } from "../container.ts";
import type { RealContainerd } from "../testing/real-containerd.ts";
import { aContainer, leftovers, readopt, realContainerd, runPod, statusOnce, whyNoContainerd } from "../testing/real-containerd.ts";
import { runningContainerd } from "./containerd-process.ts";
import { containerdPaths } from "./containerd-setup.ts";
import { removeVolatileTraces } from "./containerd-traces.ts";
import { purgeContainerd } from "./containerd.ts";

const reason = whyNoContainerd();

describe.skipIf(reason !== undefined)(reason ?? "a containerd of our own, in bad times", () => {
  let real: RealContainerd;
  let registry: Registry;
  let busybox: string;

  beforeEach(async () => {
    registry = await startRegistry({ images: { "busybox:1": busyboxImage() } });
    real = await realContainerd();
    busybox = await real.containerd.runtime.pullImage(registry.nameOf("busybox:1"));
  });
  afterEach(async () => {
    await real[Symbol.asyncDispose]();
    await registry[Symbol.asyncDispose]();
    expect(leftovers(real)).toEqual({ files: [], mounts: [], processes: [], cgroups: [] });
    expect(real.tasks.pending()).toEqual([]);
    expect(real.tasks.failures).toEqual([]);
  });

  const killContainerd = (): void => {
    process.kill(runningContainerd(containerdPaths(real.options.directory))!.pid, "SIGKILL");
  };

  test("is adopted, with its containers, by the next program", async () => {
    const { id, sandbox } = await runPod(real, aContainer(busybox));
    const before = runningContainerd(containerdPaths(real.options.directory));
    await readopt(real);
    expect(real.containerd.isAdopted).toBe(true);
    expect(runningContainerd(containerdPaths(real.options.directory))).toEqual(before);
    expect(await real.containerd.runtime.containerStatus(id)).toMatchObject({ state: "running" });
    expect(await real.containerd.runtime.podSandboxStatus(sandbox)).toMatchObject({ state: "ready" });
  });

  test("outlives a kill -9 of the program that started it", async () => {
    const { id } = await runPod(real, aContainer(busybox));
    await real.containerd.stop();
    const starter = fileURLToPath(new URL("../testing/start-and-linger.ts", import.meta.url));
    const program = spawn(process.execPath, ["--conditions=source", starter, real.options.directory], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = (await once(program.stdout, "data")) as [Buffer];
    expect(JSON.parse(line.toString())).toEqual({ isAdopted: false });
    program.kill("SIGKILL");
    await once(program, "exit");
    await readopt(real);
    expect(real.containerd.isAdopted).toBe(true);
    expect(await real.containerd.runtime.containerStatus(id)).toMatchObject({ state: "running" });
  });

  test("starts again after a kill -9, which its containers do not feel", async () => {
    const { runtime } = real.containerd;
    const lasting = await runPod(real, aContainer(busybox));
    // Its end may fall into the start, which containerd does not always notice by itself.
    const ending = await runPod(real, aContainer(busybox, { command: ["sh", "-c", "sleep 0.3; exit 42"] }));
    const stop = new AbortController();
    const relists: ContainerEvent[] = [];
    const { promise: relisted, resolve: onRelisted } = Promise.withResolvers<void>();
    const listening = (async () => {
      for await (const event of runtime.containerEvents({ signal: stop.signal })) {
        if (event.type === "relist" && relists.push(event) === 2) onRelisted();
        if (event.type === "relist" && relists.length === 1) killContainerd();
      }
    })();
    const { promise: restarted, resolve: onRestarted } = Promise.withResolvers<void>();
    using _ = real.containerd.onRestart(onRestarted);
    await restarted;
    await relisted;
    expect(await runtime.containerStatus(lasting.id)).toMatchObject({ state: "running" });
    expect(await statusOnce(real, ending.id, "exited")).toMatchObject({ exitCode: 42 });
    stop.abort();
    await listening;
  });

  test("is started again by the next program when it has died; images are there, and an exit meanwhile is not lost", async () => {
    const { id } = await runPod(real, aContainer(busybox));
    const marker = join(real.logs, "ended");
    const mounts = [{ hostPath: real.logs, containerPath: "/logs" }];
    const ending = await runPod(real, aContainer(busybox, { command: ["sh", "-c", "sleep 0.2; touch /logs/ended; exit 42"], mounts }));
    real.containerd.release();
    killContainerd();
    while (!existsSync(marker)) await sleep(real.options.clock, 10);
    await readopt(real);
    expect(real.containerd.isAdopted).toBe(false);
    expect(await real.containerd.runtime.containerStatus(id)).toMatchObject({ state: "running" });
    expect(await statusOnce(real, ending.id, "exited")).toMatchObject({ exitCode: 42, reason: "Error" });
    expect(await real.containerd.runtime.imageStatus(busybox)).toBeDefined();
  });

  test("knows after a reboot that its containers have ended, and runs new ones", async () => {
    const { id, sandbox } = await runPod(real, aContainer(busybox));
    await real.containerd.stop();
    await removeVolatileTraces(containerdPaths(real.options.directory), real.options);
    await readopt(real);
    const { runtime } = real.containerd;
    expect(await runtime.containerStatus(id)).toMatchObject({ state: "exited" });
    expect(await runtime.podSandboxStatus(sandbox)).toMatchObject({ state: "notReady" });
    await runtime.removePodSandbox(sandbox);
    const anew = await runPod(real, aContainer(busybox));
    expect(await runtime.containerStatus(anew.id)).toMatchObject({ state: "running" });
  });

  test("is purged with all that runs in it, even when it has died", async () => {
    await runPod(real, aContainer(busybox));
    real.containerd.release();
    killContainerd();
    await purgeContainerd(real.options);
    expect(leftovers(real)).toEqual({ files: [], mounts: [], processes: [], cgroups: [] });
  });
});
