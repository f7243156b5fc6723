import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { busyboxImage, type Registry, startRegistry } from "@kubets/images";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RealCluster, realCluster, whyNoRealCluster } from "./real-cluster.ts";

const obstacle = whyNoRealCluster();
if (obstacle !== undefined) console.warn(`Mirrors of registries were not tried: ${obstacle}`);

describe.skipIf(obstacle !== undefined)("up --registry-config", () => {
  let cluster: RealCluster;
  let mirror: Registry;
  let secure: Registry;
  let directory: string;
  let distrustful: string;

  beforeAll(async () => {
    cluster = realCluster({ name: "registries", port: 17_445 });
    directory = join(cluster.folder, "registries");
    distrustful = join(cluster.folder, "other-registries");
    const [certificate, key] = ["authority.crt", "registry.key"].map((name) => join(cluster.folder, name)) as [string, string];
    const subject = ["-subj", "/CN=registry", "-addext", "subjectAltName=IP:127.0.0.1"];
    const request = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", ...subject];
    execFileSync("openssl", [...request, "-keyout", key, "-out", certificate], { stdio: "ignore" });
    mirror = await startRegistry({ images: { "team/app:1": busyboxImage() } });
    secure = await startRegistry({
      images: { "team/app:2": busyboxImage() },
      tls: { certificate: readFileSync(certificate, "utf8"), key: readFileSync(key, "utf8") },
    });
    const server = `https://${secure.host}`;
    const host = `server = "${server}"\n[host."${server}"]\n  capabilities = ["pull", "resolve"]\n`;
    describeRegistry(directory, "images.example", `[host."http://${mirror.host}"]\n  capabilities = ["pull", "resolve"]\n`);
    describeRegistry(directory, "private.example", `${host}  ca = "${certificate}"\n`);
    describeRegistry(distrustful, "private.example", host);
  });
  afterAll(async () => {
    await cluster.purge();
    await Promise.all([mirror[Symbol.asyncDispose](), secure[Symbol.asyncDispose]()]);
  }, 120_000);

  test("pulls from a mirror, and from a registry whose certificate only a CA of its own vouches for", async () => {
    await cluster.up("--registry-config", directory);
    await cluster.k("run", "mirrored", "--image=images.example/team/app:1");
    await cluster.k("run", "vouched", "--image=private.example/team/app:2");
    await cluster.k("wait", "pod/mirrored", "pod/vouched", "--for=condition=Ready", "--timeout=60s");
    expect(mirror.requests.some((line) => line.includes("/v2/team/app/manifests/1"))).toBe(true);
    expect(secure.requests.some((line) => line.includes("/v2/team/app/manifests/2"))).toBe(true);
  });

  test("with another one the registry is not trusted any more; containers that run don't feel the difference", async () => {
    const id = (): Promise<string> =>
      cluster.k(
        "get",
        "pod",
        "vouched",
        "-o",
        "jsonpath={.status.containerStatuses[0].containerID} {.status.containerStatuses[0].restartCount}",
      );
    const before = await id();
    await cluster.end("SIGKILL");
    await cluster.up("--registry-config", distrustful);
    await cluster.k("run", "doubted", "--image=private.example/team/app:2", "--image-pull-policy=Always");
    await cluster.until("the pull fails for the certificate", async () =>
      (await cluster.k("describe", "pod", "doubted")).includes("certificate signed by unknown authority"),
    );
    expect(await id()).toBe(before);
  });
});

function describeRegistry(directory: string, name: string, hosts: string): void {
  mkdirSync(join(directory, name), { recursive: true });
  writeFileSync(join(directory, name, "hosts.toml"), hosts);
}

test.skipIf(obstacle !== undefined)("a registry configuration that isn't there is said at the start", async () => {
  const cluster = realCluster({ name: "no-registries", port: 17_446 });
  await expect(cluster.up("--registry-config", join(cluster.folder, "nowhere"))).rejects.toThrow(
    /ended with exit code 1: kubets: Cannot read the registry configuration .*nowhere: ENOENT/,
  );
  rmSync(cluster.folder, { recursive: true });
});
