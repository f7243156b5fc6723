import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { createTasks, silent } from "@kubets/machinery";
import { createSystemClock, createSystemRandom, turn } from "@kubets/machinery/node";
import { createMemoryStore } from "@kubets/store/memory";
import { shortLived } from "@kubets/testkit/real-kubectl";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serveHttps } from "../node/index.ts";
import { createTestAuthority } from "../testing/certificates.ts";
import { standardServer } from "../testing/standard-server.ts";

/** Every real kubectl of this machine by its name: those in the PATH, and other versions that are installed beside them. */
function findKubectls(): ReadonlyMap<string, string> {
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => existsSync(folder));
  const besides = folders.map((folder) => join(folder, "kubectl")).filter((file) => existsSync(file));
  const all = [...folders, ...besides.map((file) => dirname(realpathSync(file)))];
  return new Map(
    all.flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => /^kubectl(\.1\.\d+)?$/.test(name))
        .map((name) => [name, join(folder, name)] as const),
    ),
  );
}

const kubectls = findKubectls();

let home: string;
let url: string;
let stop: () => Promise<void>;

beforeAll(async () => {
  if (kubectls.size === 0) return;
  home = mkdtempSync(join(tmpdir(), "kubectl-"));
  const tasks = createTasks({ turn });
  const [clock, random] = [createSystemClock(), createSystemRandom()];
  const store = createMemoryStore({ clock, tasks });
  const server = await standardServer({ store, clock, random, tasks });
  const authority = await createTestAuthority("ca");
  const [serving, admin, jane] = await Promise.all([
    authority.issue("CN=apiserver"),
    authority.issue("CN=admin, O=system:masters"),
    authority.issue("CN=jane"),
  ]);
  const https = await serveHttps({
    handle: server.handle,
    tasks,
    logger: silent,
    serving,
    clientCertificateAuthority: authority.certificate,
  });
  await server.ready();
  url = https.url;
  writeFileSync(join(home, "ca"), authority.certificate);
  writeFileSync(join(home, "empty"), '{"apiVersion":"v1","kind":"Config"}');
  const encode = (text: string): string => Buffer.from(text).toString("base64");
  const user = (name: string, { certificate, key }: typeof admin): object => ({
    name,
    user: { "client-certificate-data": encode(certificate), "client-key-data": encode(key) },
  });
  writeFileSync(
    join(home, "config"),
    JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "test", cluster: { server: https.url, "certificate-authority-data": encode(authority.certificate) } }],
      users: [user("admin", admin), user("jane", jane)],
      contexts: [{ name: "test", context: { cluster: "test", user: "admin" } }],
      "current-context": "test",
    }),
  );
  stop = async () => {
    await https.close({ graceMilliseconds: 0 });
    await server.close();
    await store.close();
    rmSync(home, { recursive: true });
  };
});
afterAll(() => stop?.());

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a kubectl to its end, with `input` as its standard input. */
function run(kubectl: string, commandLine: string, input?: string): Promise<Outcome> {
  return new Promise((resolve) => {
    const environment = { PATH: process.env.PATH, HOME: join(home, kubectl), KUBECONFIG: join(home, "config"), ...shortLived };
    const child = execFile(
      kubectls.get(kubectl)!,
      commandLine.split(" "),
      { env: environment, maxBuffer: 16 * 1024 * 1024 },
      (error, stdout, stderr) => resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr }),
    );
    child.stdin?.end(input);
  });
}

/** The output of a kubectl that succeeds. */
async function output(kubectl: string, commandLine: string, input?: string): Promise<string> {
  const { code, stdout, stderr } = await run(kubectl, commandLine, input);
  expect({ commandLine, code, stderr }).toEqual({ commandLine, code: 0, stderr });
  return stdout;
}

const settings = (name: string, data: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n  namespace: default\ndata:\n  ${data}\n`;
const deployment = (name: string, image: string): string =>
  JSON.stringify({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace: "default" },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          containers: [
            { name: "web", image },
            { name: "side", image: "side:1" },
          ],
        },
      },
    },
  });

describe.skipIf(kubectls.size === 0)("every real kubectl (skipped where there is none)", () => {
  describe.each([...kubectls.keys()])("%s", (kubectl) => {
    const name = kubectl.replaceAll(".", "-");

    test("lists resources by discovery", async () => {
      const resources = await output(kubectl, "api-resources --no-headers");
      expect(resources.split("\n").find((line) => line.startsWith("deployments"))).toMatch(
        /^deployments\s+deploy\s+apps\/v1\s+true\s+Deployment$/,
      );
      expect((await output(kubectl, "api-versions")).split("\n")).toContain("rbac.authorization.k8s.io/v1");
    });

    test("explains fields, also recursively", async () => {
      const kind = await output(kubectl, "explain deployments");
      expect(kind).toMatch(/KIND:\s+Deployment/);
      expect(kind).toMatch(/VERSION:\s+(apps\/)?v1/);
      expect(await output(kubectl, "explain pod.spec.containers.ports.protocol")).toMatch(/FIELDS?:\s+protocol <string>/);
      expect(await output(kubectl, "explain deployment.spec.template --recursive")).toMatch(/terminationGracePeriodSeconds\s+<integer>/);
    });

    test("applies on the client's side: creates, sees no change, merges lists by their keys", async () => {
      expect(await output(kubectl, "apply -f -", deployment(name, "web:1"))).toBe(`deployment.apps/${name} created\n`);
      expect(await output(kubectl, "apply -f -", deployment(name, "web:1"))).toBe(`deployment.apps/${name} unchanged\n`);
      expect(await output(kubectl, "apply -f -", deployment(name, "web:2"))).toBe(`deployment.apps/${name} configured\n`);
      expect(await output(kubectl, `get deployment ${name} -o jsonpath={.spec.template.spec.containers[*].image}`)).toBe("web:2 side:1");
    });

    test("shows differences and dry-runs", async () => {
      await output(kubectl, "apply -f -", settings(name, "key: one"));
      const difference = await run(kubectl, "diff -f -", settings(name, "key: two"));
      const changed = difference.stdout.split("\n").filter((line) => /^[+-] /.test(line) && !line.includes("last-applied"));
      expect([difference.code, changed]).toEqual([1, ["-  key: one", "+  key: two"]]);
      expect(await output(kubectl, "apply --dry-run=server -f -", settings(`${name}-new`, "key: one"))).toBe(
        `configmap/${name}-new created (server dry run)\n`,
      );
      expect((await run(kubectl, `get configmap ${name}-new`)).stderr).toBe(
        `Error from server (NotFound): configmaps "${name}-new" not found\n`,
      );
    });

    test("is told of unknown fields", async () => {
      const wrong = deployment(`${name}-wrong`, "web:1").replace('"selector"', '"selektor":{},"selector"');
      const { code, stderr } = await run(kubectl, "apply -f -", wrong);
      expect([code, stderr]).toEqual([1, expect.stringMatching(/unknown field "?(spec\.)?selektor/)]);
    });

    test("asks what one may do, and who one is", async () => {
      expect(await output(kubectl, "auth can-i create deployments.apps")).toBe("yes\n");
      const denied = await run(kubectl, "auth can-i create deployments.apps --user=jane");
      expect([denied.code, denied.stdout]).toEqual([1, "no\n"]);
      expect((await run(kubectl, "get pods --user=jane")).stderr).toBe(
        'Error from server (Forbidden): pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "default"\n',
      );
    });

    test("gets a token that works", async () => {
      await run(kubectl, `create serviceaccount ${name}`);
      const token = (await output(kubectl, `create token ${name}`)).trim();
      const connection = `--kubeconfig ${join(home, "empty")} --server ${url} --certificate-authority ${join(home, "ca")}`;
      expect(JSON.parse(await output(kubectl, `${connection} --token ${token} get --raw /apis`))).toMatchObject({ kind: "APIGroupList" });
      const refused = await run(kubectl, `${connection} --token ${token.slice(0, -4)} get --raw /apis`);
      expect([refused.code, refused.stderr]).toEqual([1, "error: You must be logged in to the server (Unauthorized)\n"]);
    });
  });
});
