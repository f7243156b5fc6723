import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { alice, bytes, setUp } from "../../testing/harness.ts";
import { createEtcdStore } from "./index.ts";
import { etcdBinary, startEtcd } from "./testing/etcd.ts";

const missing = etcdBinary() === undefined || spawnSync("openssl", ["version"]).status !== 0;

describe.skipIf(missing)(missing ? "etcd or openssl is not installed" : "a store on an etcd that asks for a certificate", () => {
  const directory = mkdtempSync(join(tmpdir(), "kubets-etcd-tls-"));
  afterAll(() => rmSync(directory, { recursive: true }));
  const file = (name: string): string => join(directory, name);
  const etcd = startEtcd(() => {
    makeCertificates(directory);
    return { ca: file("ca.crt"), certificate: file("server.crt"), key: file("server.key") };
  });

  test("is opened with a certificate of its authority", async () => {
    const tls = {
      ca: readFileSync(file("ca.crt")),
      certificate: readFileSync(file("client.crt")),
      key: readFileSync(file("client.key"), "utf8"),
    };
    await using bench = await setUp((settings) => createEtcdStore({ ...settings, endpoints: [etcd.endpoint], prefix: "/tls", tls }));
    const watching = bench.watch("/", bench.start);
    const revision = await bench.store.create("/a", bytes("1"), { cause: alice });
    await watching.reached(revision);
    expect(watching.events).toHaveLength(1);
  });

  test("isn't opened without one", async () => {
    const tls = { ca: readFileSync(file("ca.crt")) };
    const opening = setUp((settings) => createEtcdStore({ ...settings, endpoints: [etcd.endpoint], prefix: "/tls", tls }));
    await expect(opening).rejects.toMatchObject({ reason: "Unavailable" });
  });
});

/** An authority, and certificates of it for a server on loopback and for a client. */
function makeCertificates(directory: string): void {
  const openssl = (...command: readonly string[]): void => {
    const { status, stderr } = spawnSync("openssl", command, { cwd: directory });
    if (status !== 0) throw new Error(`openssl ${command.join(" ")} failed: ${stderr.toString()}`);
  };
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl("req", "-x509", ...newKey, "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=ca", "-days", "2");
  writeFileSync(join(directory, "extensions"), "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n");
  for (const name of ["server", "client"]) {
    openssl("req", ...newKey, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`);
    const signing = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "extensions"];
    openssl("x509", "-req", "-in", `${name}.csr`, "-out", `${name}.crt`, ...signing);
  }
}
