import { existsSync, readdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { DeploymentKind, isPodReady, PersistentVolumeClaimKind, PersistentVolumeKind, type Pod, PodKind } from "@kubets/api";
import { createInformers, type Informers, type RunningControllers } from "@kubets/client";
import { findCniPlugins, findProgram } from "@kubets/container-runtime/node";
import { provisionerUser, runHostPathProvisioner } from "@kubets/host-path-provisioner";
import { createDirectories } from "@kubets/host-path-provisioner/node";
import { busyboxImage, type Registry, startRegistry, whyNoTestImages } from "@kubets/images";
import { seededRandom, silent, sleep, unmeasured } from "@kubets/machinery";
import { createSystemClock } from "@kubets/machinery/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nodeName, type RealNode, realNode } from "../testing/real-node.ts";

function whyNot(): string | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "containers need root on Linux";
  const missing = ["containerd", "ctr", "runc"].filter((name) => findProgram(name) === undefined);
  if (missing.length > 0) return `${missing.join(", ")} not installed`;
  return findCniPlugins() === undefined ? "the CNI plugins are not installed" : whyNoTestImages();
}

const reason = whyNot();

describe.skipIf(reason !== undefined)(reason ?? "persistent volumes on real containers", () => {
  const clock = createSystemClock();
  let real: RealNode;
  let registry: Registry;
  let image: string;
  let root: string;
  let informers: Informers;
  let provisioner: RunningControllers;

  beforeAll(async () => {
    registry = await startRegistry({ images: { "busybox:1": busyboxImage() } });
    image = registry.nameOf("busybox:1");
    real = await realNode();
    root = join(real.directory, "volumes");
    const client = real.cluster.as(provisionerUser);
    const surroundings = { client, clock, random: seededRandom(3), tasks: real.cluster.tasks, logger: silent, metrics: unmeasured };
    informers = createInformers(surroundings);
    provisioner = runHostPathProvisioner({
      ...surroundings,
      informers,
      serves: (node) => node === nodeName,
      directories: createDirectories({ root }),
    });
    await provisioner.synced();
  });
  afterAll(async () => {
    const { failures } = real.cluster;
    await provisioner.stop();
    await informers.stop();
    await real[Symbol.asyncDispose]();
    await registry[Symbol.asyncDispose]();
    expect(failures).toEqual([]);
  });

  const claims = () => real.cluster.client.resource(PersistentVolumeClaimKind).in("default");
  const volumes = () => real.cluster.client.resource(PersistentVolumeKind);
  const claim = async (name: string): Promise<void> => {
    await claims().create({ metadata: { name }, spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "10Mi" } } } });
  };
  const directoryOf = async (name: string): Promise<string> => join(root, (await claims().get(name)).spec.volumeName ?? "");
  const podSpec = (
    claimName: string,
    script: string,
    { mount = {}, ...more }: { readonly mount?: object; readonly [more: string]: unknown } = {},
  ) => ({
    terminationGracePeriodSeconds: 1,
    containers: [{ name: "main", image, command: ["sh", "-c", script], volumeMounts: [{ name: "data", mountPath: "/data", ...mount }] }],
    volumes: [{ name: "data", persistentVolumeClaim: { claimName } }],
    ...more,
  });
  const run = async (name: string, spec: object): Promise<void> => {
    await real.cluster.apply(
      JSON.stringify({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name, namespace: "default" },
        spec: { restartPolicy: "Never", ...spec },
      }),
    );
  };
  const remove = async (name: string): Promise<void> => {
    await real.cluster.client.resource(PodKind).in("default").delete(name);
    await real.goneOnce(name);
  };
  const isOver = ({ status }: Pod): boolean => status.phase === "Succeeded" || status.phase === "Failed";
  const logged = async (name: string): Promise<string> => {
    const pod = await real.podOnce(name, isOver);
    return real.logOf(pod, "main").replaceAll(/^\S+ \S+ F /gm, "");
  };
  const until = async (holds: () => Promise<boolean> | boolean): Promise<void> => {
    for (let attempt = 0; attempt < 500; attempt++) {
      if (await holds()) return;
      await sleep(clock, 20);
    }
    throw new Error(`It did not come about within 10 s: ${JSON.stringify((await claims().list()).items.map(({ status }) => status))}`);
  };

  test("data outlives the Pod that wrote it, and goes with the claim", async () => {
    await claim("data");
    // A user of its own, as charts have it: the volume is open to its group.
    const securityContext = { runAsUser: 1001, fsGroup: 2000 };
    await run("writer", podSpec("data", "echo first > /data/log; id -G; stat -c %g:%a /data", { securityContext }));
    expect(await logged("writer")).toMatch(/2000\n2000:2777\n$/);
    await remove("writer");
    await run("reader", podSpec("data", "cat /data/log; echo second >> /data/log", { securityContext }));
    expect(await logged("reader")).toBe("first\n");
    const directory = await directoryOf("data");
    expect(readFileSync(join(directory, "log"), "utf8")).toBe("first\nsecond\n");
    expect(statSync(join(directory, "log"))).toMatchObject({ uid: 1001, gid: 2000 });

    await remove("reader");
    await claims().delete("data");
    await until(() => !existsSync(directory));
    await until(async () => (await volumes().list()).items.length === 0);
    expect(readdirSync(root)).toEqual([]);
  });

  test("a Deployment's next Pod finds what the last one left", async () => {
    await claim("web");
    const deployments = real.cluster.client.resource(DeploymentKind).in("default");
    const script = "hostname >> /data/visitors; sleep 1000";
    const labels = { app: "web" };
    await deployments.create({
      metadata: { name: "web" },
      spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: podSpec("web", script) } },
    });
    const pods = real.cluster.client.resource(PodKind).in("default");
    const ready = async (): Promise<readonly Pod[]> =>
      (await pods.list({ labelSelector: "app=web" })).items.filter(
        (pod) => isPodReady(pod) && pod.metadata.deletionTimestamp === undefined,
      );
    await until(async () => (await ready()).length === 1);
    const [first] = await ready();
    await remove(first!.metadata.name);
    await until(async () => (await ready()).length === 1);
    const [second] = await ready();
    const visitors = join(await directoryOf("web"), "visitors");
    await until(() => readFileSync(visitors, "utf8") === `${first!.metadata.name}\n${second!.metadata.name}\n`);
    await deployments.delete("web", { propagationPolicy: "Foreground" });
    await real.goneOnce(second!.metadata.name);
    await claims().delete("web");
    await until(() => readdirSync(root).length === 0);
  });

  test("a volume can be seen read-only, and by a part; a part that leads out of it is refused", async () => {
    await claim("parts");
    await run("maker", podSpec("parts", "mkdir /data/part; echo inside > /data/part/file"));
    await logged("maker");
    await run(
      "part",
      podSpec("parts", "cat /data/file; touch /data/other || echo refused", { mount: { subPath: "part", readOnly: true } }),
    );
    // What it says aside comes by another pipe: before, between or after the rest.
    const said = (await logged("part")).split("\n").filter((line) => !line.endsWith("Read-only file system"));
    expect(said).toEqual(["inside", "refused", ""]);
    await run("named", podSpec("parts", "echo made > /data/file", { mount: { subPath: "new/deep" } }));
    await logged("named");
    const directory = await directoryOf("parts");
    expect(readFileSync(join(directory, "new/deep/file"), "utf8")).toBe("made\n");

    symlinkSync("/etc", join(directory, "out"));
    await run("escape", podSpec("parts", "cat /data/passwd", { mount: { subPath: "out" } }));
    const refused = await real.podOnce(
      "escape",
      ({ status }) => status.containerStatuses?.[0]?.state.waiting?.reason === "CreateContainerConfigError",
    );
    expect(refused.status.containerStatuses?.[0]?.state.waiting?.message).toMatch("failed to prepare subPath");
    for (const name of ["maker", "part", "named", "escape"]) await remove(name);
    await claims().delete("parts");
    await until(() => readdirSync(root).length === 0);
    expect(existsSync("/etc/passwd")).toBe(true);
  });
});
