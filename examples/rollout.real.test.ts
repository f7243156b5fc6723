import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { DeploymentKind, PodKind } from "@kubets/api";
import { parseYamlDocuments } from "@kubets/machinery";
import { testCluster } from "@kubets/testkit/vitest";
import { expect, onTestFinished, test } from "vitest";

const hasPython = spawnSync("python3", ["--version"]).status === 0;
if (!hasPython) console.warn("No python3 on this machine: the client in Python did not run");

interface Kubeconfig {
  readonly clusters: readonly [{ readonly cluster: { readonly server: string; readonly "certificate-authority-data": string } }];
  readonly users: readonly [{ readonly user: { readonly "client-certificate-data": string; readonly "client-key-data": string } }];
}

test.skipIf(!hasPython)("a client in Python applies, watches, is refused and deletes, as on any cluster", async () => {
  const cluster = await testCluster({ nodes: 2, clock: "system", programs: [() => ({ startDelay: 50 })] });
  const [kubeconfig] = parseYamlDocuments(await cluster.kubeconfig);
  const { clusters, users } = kubeconfig!.value as unknown as Kubeconfig;
  const folder = mkdtempSync(join(tmpdir(), "kubets-python-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = (name: string, data: string): string => {
    const path = join(folder, name);
    writeFileSync(path, Buffer.from(data, "base64"));
    return path;
  };
  const [{ cluster: server }] = clusters;
  const [{ user }] = users;
  const words = [
    join(import.meta.dirname, "rollout.py"),
    server.server,
    file("ca.pem", server["certificate-authority-data"]),
    file("certificate.pem", user["client-certificate-data"]),
    file("key.pem", user["client-key-data"]),
  ];
  const { stdout } = await promisify(execFile)("python3", words, { timeout: 60_000 });
  expect(stdout.split("\n")).toEqual(["web:1 web:1 web:1", "web:2 web:2 web:2", "409 AlreadyExists", ""]);
  await expect.poll(async () => (await cluster.client.resource(DeploymentKind).list()).items, { timeout: 20_000 }).toEqual([]);
  expect((await cluster.client.resource(PodKind).list()).items).toEqual([]);
});
