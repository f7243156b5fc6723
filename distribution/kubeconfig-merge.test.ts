import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dump, load } from "js-yaml";
import { afterEach, beforeEach, expect, test } from "vitest";
import { contextName, mergeKubeconfig, removeFromKubeconfig } from "./kubeconfig-merge.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kubeconfig-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const entry = (name: string, server: string): object => ({
  clusters: [{ name, cluster: { server } }],
  users: [{ name, user: { token: "t" } }],
  contexts: [{ name, context: { cluster: name, user: name } }],
  "current-context": name,
});
const read = (path: string): unknown => load(readFileSync(path, "utf8"));

test("a cluster is added to a new file and becomes current", () => {
  const path = join(folder, "new/config");
  mergeKubeconfig(path, dump(entry("kubets", "https://one")));
  expect(read(path)).toEqual({ apiVersion: "v1", kind: "Config", ...entry("kubets", "https://one") });
});

test("adding a cluster again replaces its entries and leaves the others", () => {
  const path = join(folder, "config");
  writeFileSync(path, dump({ apiVersion: "v1", kind: "Config", preferences: { colors: true }, ...entry("work", "https://work") }));
  mergeKubeconfig(path, dump(entry("kubets", "https://one")));
  mergeKubeconfig(path, dump(entry("kubets", "https://two")));
  expect(read(path)).toMatchObject({
    preferences: { colors: true },
    clusters: [
      { name: "work", cluster: { server: "https://work" } },
      { name: "kubets", cluster: { server: "https://two" } },
    ],
    "current-context": "kubets",
  });
});

test("a cluster that is merged already is merged again only where the file or the cluster changed", () => {
  const path = join(folder, "config");
  const again = (server: string): void => mergeKubeconfig(path, dump(entry("kubets", server)), { merged: join(folder, "merged") });
  again("https://one");
  const { ino } = statSync(path);
  again("https://one");
  expect(statSync(path).ino).toBe(ino);
  again("https://two");
  expect(read(path)).toMatchObject({ clusters: [{ cluster: { server: "https://two" } }] });
  writeFileSync(path, dump(entry("work", "https://work")));
  again("https://two");
  expect(read(path)).toMatchObject({ clusters: [{ name: "work" }, { name: "kubets" }], "current-context": "kubets" });
});

test("--keep-context leaves the current context as it is", () => {
  const path = join(folder, "config");
  writeFileSync(path, dump(entry("work", "https://work")));
  mergeKubeconfig(path, dump(entry("kubets", "https://one")), { keepContext: true });
  expect(read(path)).toMatchObject({ "current-context": "work" });
});

test("removing a cluster leaves the others and no dangling current context", () => {
  const path = join(folder, "config");
  writeFileSync(path, dump(entry("work", "https://work")));
  mergeKubeconfig(path, dump(entry("kubets", "https://one")));
  removeFromKubeconfig(path, "kubets");
  expect(read(path)).toMatchObject({
    clusters: [{ name: "work" }],
    users: [{ name: "work" }],
    contexts: [{ name: "work" }],
    "current-context": "",
  });
});

test("a file that is not YAML is refused by its name", () => {
  const path = join(folder, "config");
  writeFileSync(path, "{ this is : [ not");
  expect(() => mergeKubeconfig(path, dump(entry("kubets", "https://one")))).toThrow(/Cannot add the cluster to .*config: /);
});

test("the context of the default cluster is called kubets", () => {
  expect([contextName("default"), contextName("blue")]).toEqual(["kubets", "kubets-blue"]);
});
