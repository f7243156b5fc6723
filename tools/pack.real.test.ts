import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify, stripVTControlCharacters } from "node:util";
import { Agent, request } from "undici";
import { afterAll, beforeAll, expect, test } from "vitest";
import { codeBlocks } from "./document-code.ts";
import { pack } from "./pack.ts";
import { root } from "./root.ts";

// What is published, as its users get it: packed, installed into an empty folder, used there.
const execute = promisify(execFile);
let folder: string;
const run = async (command: string, ...args: readonly string[]): Promise<string> => {
  const environment = { ...process.env, KUBECONFIG: join(folder, "kubeconfig"), NODE_OPTIONS: "" };
  return (await execute(command, args, { cwd: folder, env: environment, timeout: 150_000 })).stdout;
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "kubets-pack-"));
  const packages = await pack(join(folder, "packages"), join(folder, "build"));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "empty", private: true, type: "module" }));
  for (const each of packages) await run("npm", "pack", "--silent", each);
  const tarballs = readdirSync(folder).filter((name) => name.endsWith(".tgz"));
  expect(tarballs).toHaveLength(4);
  await run("npm", "install", "--prefer-offline", "--no-audit", "--no-fund", ...tarballs.map((name) => `./${name}`));
});

afterAll(async () => {
  if (existsSync(join(folder, "data"))) await run("npx", "kubets", "down", "--purge", "--data-dir", join(folder, "data"));
  rmSync(folder, { recursive: true });
});

test("the program is installed from a tarball, starts a cluster that answers, and takes it away again", async () => {
  const data = join(folder, "data");
  const up = ["kubets", "up", "--nodes", "none", "--detach", "--output", "json", "--data-dir", data, "--port", `${await freePort()}`];
  const { server } = JSON.parse(await run("npx", ...up)) as { readonly server: string };

  expect(await readiness(server, readFileSync(join(data, "certificates/ca.crt"), "utf8"))).toEqual({ status: 200, text: "ok" });

  await run("npx", "kubets", "down", "--purge", "--data-dir", data);
  expect({ data: existsSync(data), kubeconfig: readFileSync(join(folder, "kubeconfig"), "utf8").includes("kubets") }).toEqual({
    data: false,
    kubeconfig: false,
  });
});

test("a test that imports the testkit deploys three Pods", async () => {
  writeFileSync(
    join(folder, "deploys.mjs"),
    `import { PodKind } from "@kubets/api";
     import { startCluster } from "@kubets/testkit";
     await using cluster = await startCluster({ nodes: 2 });
     await cluster.apply(\`${deployment}\`);
     await cluster.settle();
     const { items } = await cluster.client.resource(PodKind).in("default").list();
     console.log(items.map((pod) => pod.status.phase).join());`,
  );
  expect(await run(process.execPath, "deploys.mjs")).toBe("Running,Running,Running\n");
});

const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 3
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: web:1 }] }
`;

const counting = (tester: string, call: string): string => `
  import assert from "node:assert/strict";
  ${tester}
  test("Pods run", async (context) => {
    const cluster = await testCluster(${call});
    await cluster.apply(\`${deployment}\`);
    await cluster.settle();
    const { items } = await cluster.client.resource(PodKind).list();
    assert.deepEqual(items.map((pod) => pod.status.phase), ["Running", "Running", "Running"]);
  });
`;

test("the helpers for node:test and Vitest come with the testkit, and Vitest only with whoever uses it", async () => {
  const imports = `import { PodKind } from "@kubets/api";`;
  const nodeTest = `${imports} import { test } from "node:test"; import { testCluster } from "@kubets/testkit/node-test";`;
  writeFileSync(join(folder, "pods.node.mjs"), counting(nodeTest, "context, { nodes: 1 }"));
  expect(await run(process.execPath, "--test", "--test-reporter=tap", "pods.node.mjs")).toContain("# pass 1\n");
  expect(existsSync(join(folder, "node_modules/vitest"))).toBe(false);

  bringVitest();
  const vitest = `${imports} import { test } from "vitest"; import { testCluster } from "@kubets/testkit/vitest";`;
  writeFileSync(join(folder, "pods.test.mjs"), counting(vitest, "{ nodes: 1 }"));
  expect(await runVitest("pods.test.mjs")).toMatch(/Tests\s+1 passed/);
});

test("what docs/testing.md and the README show compiles, and the tests pass", async () => {
  bringVitest();
  const shown = codeBlocks(readFileSync(join(root, "docs/testing.md"), "utf8")).filter(({ language }) => language === "ts");
  const [sample] = codeBlocks(readFileSync(join(root, "README.md"), "utf8")).filter(({ language }) => language === "ts");
  // The manifest is left to its reader. It isn't run: thirty days of three nodes' heartbeats take minutes.
  const readme = `const manifest = "";\n${sample!.text}\nitems[0]!.status.phase;`;
  expect(shown.filter(({ file }) => file === undefined)).toEqual([]);
  for (const { file, text } of [...shown, { file: "readme.ts", text: readme }]) writeFileSync(join(folder, file!), text);
  const files = shown.map(({ file }) => file!);
  const tests = files.filter((file) => file.endsWith(".test.ts"));
  expect(await run(join(root, "node_modules/.bin/tsc"), ...strict, "--allowImportingTsExtensions", ...files, "readme.ts")).toBe("");
  expect(await runVitest(...tests)).toMatch(new RegExp(`Test Files\\s+${tests.length} passed`));
});

test("the programs of envtest are written where docs/testing.md says", async () => {
  const [command] = codeBlocks(readFileSync(join(root, "docs/testing.md"), "utf8")).flatMap(
    ({ text }) => /^npx kubets envtest .*?(?= &&)/m.exec(text) ?? [],
  );
  await run("sh", "-c", command!);
  expect(readdirSync(join(folder, "assets")).toSorted()).toEqual(["etcd", "kube-apiserver", "kubectl"]);
});

test("called by the name of one of Kubernetes' programs, it is that one", async () => {
  const versions = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "cloud-controller-manager", "kubelet", "kube-proxy"].map(
    async (name) => {
      symlinkSync(join(folder, "node_modules/kubets/bin.js"), join(folder, name));
      return (await run(join(folder, name), "--version")).trim();
    },
  );
  expect(new Set(await Promise.all(versions))).toEqual(new Set([expect.stringMatching(/^Kubernetes v1\.36\.0/)]));
});

/** Our own: it comes with whoever writes tests, and is the same wherever it lies. */
function bringVitest(): void {
  const place = join(folder, "node_modules/vitest");
  if (!existsSync(place)) symlinkSync(join(root, "node_modules/vitest"), place);
  writeFileSync(join(folder, "vitest.config.mjs"), "export default {};");
}

async function runVitest(...files: readonly string[]): Promise<string> {
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  return stripVTControlCharacters(await run(process.execPath, vitest, "run", "--root", folder, ...files));
}

test("a consumer in TypeScript compiles against the declarations, which are checked as well", async () => {
  writeFileSync(
    join(folder, "consumer.ts"),
    `import { DeploymentKind } from "@kubets/api";
     import { startCluster } from "@kubets/testkit";
     await using cluster = await startCluster();
     const { items } = await cluster.client.resource(DeploymentKind).in("default").list();
     export const replicas: readonly number[] = items.map((deployment) => deployment.spec.replicas);
     // @ts-expect-error a name is text: the types have really arrived
     export const wrong: number = items[0]!.metadata.name;`,
  );
  expect(await run(join(root, "node_modules/.bin/tsc"), ...strict, "--skipLibCheck", "false", "consumer.ts")).toBe("");
});

const strict = ["--noEmit", "--strict", "--module", "nodenext", "--target", "esnext"];

async function readiness(server: string, authority: string): Promise<{ readonly status: number; readonly text: string }> {
  const dispatcher = new Agent({ connect: { ca: authority } });
  try {
    const { statusCode, body } = await request(`${server}/readyz`, { dispatcher });
    return { status: statusCode, text: await body.text() };
  } finally {
    await dispatcher.close();
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
