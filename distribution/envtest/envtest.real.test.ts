import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { kubeconfig } from "../certificates/index.ts";
import { ask, type ControlPlaneReplay, freePort, startControlPlane } from "./testing/replay.ts";

const begin = fileURLToPath(new URL("../../tools/begin.mjs", import.meta.url));
let folder: string;
let assets: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kubets-envtest-"));
  assets = join(folder, "assets");
  const { status, stdout, stderr } = spawnSync(process.execPath, [begin, "kubets", "envtest", "assets", assets], { encoding: "utf8" });
  expect({ status, stdout }, stderr).toEqual({ status: 0, stdout: `export KUBEBUILDER_ASSETS=${assets}\n` });
});
afterAll(() => rmSync(folder, { recursive: true }));

/** As envtest's administrator. */
function administrator(plane: ControlPlaneReplay): { readonly agent: Agent } & Disposable {
  const { certificate, key } = plane.user("admin", ["system:masters"]);
  const agent = new Agent({ keepAlive: true, ca: plane.authority, cert: certificate, key });
  return { agent, [Symbol.dispose]: () => agent.destroy() };
}

async function eventually<Value>(look: () => Promise<Value>, isThere: (value: Value) => boolean, within = 20_000): Promise<Value> {
  for (const deadline = performance.now() + within; ; await sleep(50)) {
    const value = await look();
    if (isThere(value) || performance.now() > deadline) return value;
  }
}

const definition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "captains.crew.example.com" },
  spec: {
    group: "crew.example.com",
    names: { plural: "captains", singular: "captain", kind: "Captain", listKind: "CaptainList" },
    scope: "Namespaced",
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object", properties: { spec: { type: "object", properties: { ship: { type: "string" } } } } } },
      },
    ],
  },
};
const captain = { apiVersion: "crew.example.com/v1", kind: "Captain", metadata: { name: "ahab" }, spec: { ship: "Pequod" } };
const deployment = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web" },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: "web" } },
    template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "web", image: "web:1" }] } },
  },
};

describe("the programs in the assets directory", () => {
  test("do what envtest asks of them: probes, the default namespace, definitions, users, kubectl, signals", async () => {
    await using plane = await startControlPlane({ assets });
    using admin = administrator(plane);
    const { url } = plane;
    expect((await ask(admin.agent, `${url}/api/v1/namespaces/default`)).status).toBe(200);

    const definitions = `${url}/apis/apiextensions.k8s.io/v1/customresourcedefinitions`;
    expect((await ask(admin.agent, definitions, { method: "POST", body: definition })).status).toBe(201);
    // As WaitForCRDs: until discovery names the resource.
    const listed = await eventually(
      () => ask(admin.agent, `${url}/apis/crew.example.com/v1`),
      ({ status }) => status === 200,
    );
    expect((listed.body["resources"] as readonly { readonly name: string }[]).map(({ name }) => name)).toContain("captains");
    const captains = `${url}/apis/crew.example.com/v1/namespaces/default/captains`;
    expect((await ask(admin.agent, captains, { method: "POST", body: captain })).status).toBe(201);

    // Without controllers, nothing follows from a Deployment; without the ServiceAccount plugin, a Pod needs no account.
    expect(
      (await ask(admin.agent, `${url}/apis/apps/v1/namespaces/default/deployments`, { method: "POST", body: deployment })).status,
    ).toBe(201);
    const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "alone" }, spec: deployment.spec.template.spec };
    expect((await ask(admin.agent, `${url}/api/v1/namespaces/default/pods`, { method: "POST", body: pod })).status).toBe(201);
    const replicaSets = await ask(admin.agent, `${url}/apis/apps/v1/replicasets`);
    expect(replicaSets.body["items"]).toEqual([]);

    // Who is in no group may do nothing.
    const nobody = plane.user("nobody", []);
    const stranger = new Agent({ ca: plane.authority, cert: nobody.certificate, key: nobody.key });
    expect((await ask(stranger, captains)).status).toBe(403);
    stranger.destroy();

    const config = join(folder, "envtest.kubecfg");
    writeFileSync(
      config,
      kubeconfig({
        name: "envtest",
        server: url,
        authority: plane.authority,
        user: { certificate: plane.user("admin", ["system:masters"]) },
      }),
    );
    const listing = spawnSync(join(assets, "kubectl"), ["get", "captains,pods", "-o", "name", `--kubeconfig=${config}`], {
      encoding: "utf8",
    });
    expect(listing.stdout, listing.stderr).toBe("captain.crew.example.com/ahab\npod/alone\n");

    await plane.restartApiServer();
    expect((await ask(admin.agent, `${captains}/ahab`)).body).toMatchObject({ spec: { ship: "Pequod" } });
    expect(await plane.stop()).toEqual([0, 0]);
    console.log(
      `envtest: etcd healthy after ${Math.round(plane.took.etcd)} ms, kube-apiserver after ${Math.round(plane.took.apiServer)} ms`,
    );
  });

  test("with KUBETS_CONTROLLERS=all run what an API server alone doesn't", async () => {
    await using plane = await startControlPlane({ assets, environment: { KUBETS_CONTROLLERS: "all", KUBETS_NODES: "1" } });
    using admin = administrator(plane);
    const { url } = plane;
    await ask(admin.agent, `${url}/apis/apps/v1/namespaces/default/deployments`, { method: "POST", body: deployment });
    const ready = ({ body }: Awaited<ReturnType<typeof ask>>): unknown =>
      (body["status"] as { readonly readyReplicas?: number }).readyReplicas;
    const web = await eventually(
      () => ask(admin.agent, `${url}/apis/apps/v1/namespaces/default/deployments/web`),
      (answer) => ready(answer) === 2,
    );
    expect(ready(web)).toBe(2);
  });

  test("refuse what they don't know in the words of the originals", () => {
    const run = (name: string, ...words: readonly string[]): readonly unknown[] => {
      const { status, stderr } = spawnSync(join(assets, name), words, { encoding: "utf8" });
      return [status, stderr.trim().split("\n")[0]];
    };
    const minimal = [
      "--etcd-servers=http://127.0.0.1:1",
      "--service-account-issuer=https://x/",
      "--service-account-signing-key-file=/dev/null",
    ];
    expect([
      run("kube-apiserver", "--insecure-port=0"),
      run("kube-apiserver", "--secure-port=none"),
      run("kube-apiserver", "--secure-port"),
      run("kube-apiserver", "serve"),
      run("kube-apiserver", "--etcd-servers=http://127.0.0.1:1"),
      run("kube-apiserver", ...minimal, "--enable-admission-plugins=Nonsense"),
      run("kube-apiserver", ...minimal, "--authorization-mode=ABAC"),
      run("kube-apiserver", ...minimal, "--client-ca-file=/nowhere/ca.crt"),
      run("etcd", "--nonsense"),
      run("etcd", "--listen-client-urls=https://127.0.0.1:1", `--data-dir=${join(folder, "etcd")}`),
    ]).toEqual([
      [1, "Error: unknown flag: --insecure-port"],
      [1, 'Error: invalid argument "none" for "--secure-port" flag: strconv.ParseInt: parsing "none": invalid syntax'],
      [1, "Error: flag needs an argument: --secure-port"],
      [1, 'Error: "kube-apiserver" does not take any arguments, got ["serve"]'],
      [1, "Error: --service-account-signing-key-file and --service-account-issuer are required flags"],
      [1, 'Error: enable-admission-plugins plugin "Nonsense" is unknown'],
      [1, "Error: --authorization-mode: this server can't do ABAC: expected AlwaysAllow, Node or RBAC"],
      [1, "Error: --client-ca-file: ENOENT: no such file or directory, open '/nowhere/ca.crt'"],
      [2, "flag provided but not defined: -nonsense"],
      [1, "etcd: Cannot listen on https://127.0.0.1:1: this etcd serves its health over http only"],
    ]);
  });

  test.skipIf(spawnSync("etcd", ["--version"]).status !== 0)("kube-apiserver keeps its objects in a real etcd as well", async () => {
    const etcd = `http://127.0.0.1:${await freePort()}`;
    const peers = `http://127.0.0.1:${await freePort()}`;
    const member = spawn(
      "etcd",
      [
        `--data-dir=${join(folder, "real-etcd")}`,
        `--listen-client-urls=${etcd}`,
        `--advertise-client-urls=${etcd}`,
        `--listen-peer-urls=${peers}`,
        `--initial-advertise-peer-urls=${peers}`,
        `--initial-cluster=default=${peers}`,
      ],
      { stdio: "ignore" },
    );
    try {
      await using plane = await startControlPlane({ assets, etcd });
      using admin = administrator(plane);
      expect((await ask(admin.agent, `${plane.url}/api/v1/namespaces/kube-system`)).status).toBe(200);
      await plane.restartApiServer();
      expect((await ask(admin.agent, `${plane.url}/api/v1/namespaces/kube-system`)).status).toBe(200);
    } finally {
      const ended = new Promise((resolve) => member.once("close", resolve));
      member.kill("SIGKILL");
      await ended;
    }
  });
});
