import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Cluster, startCluster } from "@kubets/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { generatedData, namesAndLabels, patched, refused } from "./kustomizations/index.ts";
import { newestKubectl, runOurs, runTheirs } from "./run-both.ts";

const kubectl = newestKubectl();
let folder: string;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "kustomize-")));
});

afterAll(() => rm(folder, { recursive: true }));

describe.skipIf(kubectl === undefined)("our kubectl makes of a kustomization what a real kubectl makes of it", () => {
  const all = Object.entries({ ...namesAndLabels, ...generatedData, ...patched, ...refused });
  test.for(all)("%s", async ([name, files]) => {
    const place = join(folder, name.replaceAll(/\W+/g, "-"));
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(place, path)), { recursive: true });
      await writeFile(join(place, path), text);
    }
    const kubeconfig = join(folder, "none");
    const theirs = await runTheirs(kubectl!, ["kustomize", place], kubeconfig);
    const ours = await runOurs(["kustomize", place], kubeconfig);
    expect(ours).toEqual({ ...theirs, errors: withoutTimes(theirs.errors) });
    expect(ours.exitCode).toBe(name in refused ? 1 : 0);
  });
});

describe.skipIf(kubectl === undefined)("-k stands for the objects that a kustomization makes", () => {
  let cluster: Cluster;
  let kubeconfig: string;
  let place: string;

  beforeAll(async () => {
    cluster = await startCluster({ nodes: 1 });
    kubeconfig = join(folder, "kubeconfig");
    await writeFile(kubeconfig, await cluster.kubeconfig);
    place = join(folder, "applied");
    await mkdir(place);
    await writeFile(
      join(place, "kustomization.yaml"),
      "resources: [web.yaml]\nnamePrefix: a-\nnamespace: default\nconfigMapGenerator: [{ name: settings, literals: [a=1] }]\n",
    );
    await writeFile(
      join(place, "web.yaml"),
      "apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec: { selector: { app: web }, ports: [{ port: 80 }] }\n",
    );
  });

  afterAll(() => cluster[Symbol.asyncDispose]());

  const both = async (...args: readonly string[]) => ({
    ours: await runOurs([...args], kubeconfig),
    theirs: await runTheirs(kubectl!, [...args], kubeconfig),
  });

  test("what ours applied, a real kubectl finds unchanged, and finds, labels and deletes as ours does", async () => {
    const applied = await runOurs(["apply", "-k", place], kubeconfig);
    expect(applied).toEqual({ exitCode: 0, output: "configmap/a-settings-h29d89cmmt created\nservice/a-web created\n", errors: "" });
    const unchanged = await both("apply", "-k", place);
    expect(unchanged.ours.output).toBe("configmap/a-settings-h29d89cmmt unchanged\nservice/a-web unchanged\n");
    expect(unchanged.ours).toEqual(unchanged.theirs);
    for (const command of [
      ["get", "-o", "name"],
      ["get", "-o", "jsonpath={.items[*].metadata.name}"],
      ["diff"],
      ["label", "a=b", "--dry-run=server"],
      ["annotate", "a=b", "--dry-run=server"],
      ["replace", "--dry-run=server"],
      ["describe"],
      ["create"],
      ["delete", "--dry-run=server"],
      ["get", "-f", place],
      ["get", "-R"],
    ]) {
      const { ours, theirs } = await both(...command, "-k", place);
      expect({ command, ...ours }).toEqual({ command, ...theirs });
    }
    expect((await runOurs(["delete", "-k", place], kubeconfig)).output).toBe(
      'configmap "a-settings-h29d89cmmt" deleted\nservice "a-web" deleted\n',
    );
  });
});

/** What a real one warns of through Go's log begins with the time. */
function withoutTimes(text: string): string {
  return text.replaceAll(/^I\d{4} [\d:.]+ +\d+ log\.go:\d+\] /gm, "");
}
