import { posix } from "node:path";
import { expect, test } from "vitest";
import { CommandError } from "../errors.ts";
import { buildKustomization, formatObjects } from "./build.ts";
import type { Files } from "./files.ts";

/** Files that are only there in a test; their folders follow from them. */
function inMemory(files: Readonly<Record<string, string>>): Files {
  const folders = new Set(
    Object.keys(files).flatMap((path) => ["/", ...path.split("/").map((_, end, parts) => parts.slice(0, end).join("/") || "/")]),
  );
  return {
    join: posix.join,
    isAbsolute: posix.isAbsolute,
    async resolve(path) {
      const clean = path === "/" ? path : path.replace(/\/$/, "");
      if (files[clean] !== undefined) return { type: "file", path: clean, folder: posix.dirname(clean) };
      return folders.has(clean)
        ? { type: "folder", path: clean }
        : { type: "nothing", problem: `lstat ${clean}: no such file or directory` };
    },
    async read(path) {
      const text = files[path];
      if (text === undefined) throw new CommandError(`open ${path}: no such file or directory`);
      return new TextEncoder().encode(text);
    },
  };
}

async function built(
  files: Readonly<Record<string, string>>,
  { folder = "/app", warn = () => {} }: { folder?: string; warn?: (text: string) => void } = {},
) {
  return formatObjects(await buildKustomization(folder, { files: inMemory(files), warn }));
}

const pod = `
apiVersion: v1
kind: Pod
metadata: { name: web }
spec: { containers: [{ name: main, image: web:1, envFrom: [{ configMapRef: { name: settings } }] }] }
`;

test("what is generated is named by what it holds, and who refers to it follows", async () => {
  const files = {
    "/app/kustomization.yaml": "resources: [pod.yaml]\nnamePrefix: prod-\nconfigMapGenerator: [{ name: settings, literals: [a=1] }]",
    "/app/pod.yaml": pod,
  };
  expect(await built(files)).toBe(`apiVersion: v1
data:
  a: "1"
kind: ConfigMap
metadata:
  name: prod-settings-h29d89cmmt
---
apiVersion: v1
kind: Pod
metadata:
  name: prod-web
spec:
  containers:
  - envFrom:
    - configMapRef:
        name: prod-settings-h29d89cmmt
    image: web:1
    name: main
`);
});

test("a patch merges containers by their names and puts new ones first", async () => {
  const files = {
    "/app/kustomization.yaml": "resources: [pod.yaml]\npatches: [{ path: patch.yaml, target: { name: w.b } }]",
    "/app/pod.yaml": pod,
    "/app/patch.yaml":
      "apiVersion: v1\nkind: Pod\nmetadata: { name: any }\nspec: { containers: [{ name: new, image: new:1 }, { name: main, image: web:2, envFrom: null }] }",
  };
  expect(await built(files)).toBe(`apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
  - image: new:1
    name: new
  - image: web:2
    name: main
`);
});

test.each([["https://example.com/base"], ["github.com/example/base?ref=v1"], ["git@example.com:base.git"], ["ssh://git@example.com/base"]])(
  "%s is refused: nothing is fetched",
  async (resource) => {
    await expect(built({ "/app/kustomization.yaml": `resources: ["${resource}"]` })).rejects.toThrow(
      /is remote: .* fetch it and name its folder/,
    );
  },
);

test.each([
  ["helmCharts: [{ name: a }]", "'helmCharts' in '/app' is not supported"],
  ["openapi: { path: schema.json }", "'openapi' in '/app' is not supported"],
  ["validators: [check.yaml]", "'validators' in '/app' are not supported"],
  [
    'transformers: ["{ apiVersion: example.com/v1, kind: Program, metadata: { name: a } }"]',
    "external plugins disabled; unable to load external plugin 'Program'",
  ],
  ["resources: [../secret.yaml]", "security; file '/secret.yaml' is not in or below '/app'"],
  ["configMapGenerator: [{ name: a, files: [/secret.yaml] }]", "security; file '/secret.yaml' is not in or below '/app'"],
  ["resources: [base]", "cycle detected: candidate root '/app' contains visited root '/app/base'"],
])("%s is refused: %s", async (kustomization, problem) => {
  const files = { "/app/kustomization.yaml": kustomization, "/secret.yaml": pod, "/app/base/kustomization.yaml": "resources: [..]" };
  await expect(built(files)).rejects.toThrow(problem);
});

test("fields that have become others are warned of", async () => {
  const warnings: string[] = [];
  await built({ "/app/kustomization.yaml": "commonLabels: { a: b }\nresources: []" }, { warn: (text) => warnings.push(text) });
  expect(warnings).toEqual([
    "# Warning: 'commonLabels' is deprecated. Please use 'labels' instead. Run 'kustomize edit fix' to update your Kustomization automatically.",
  ]);
});

test("an alias that doubles again and again is refused", async () => {
  const doubled = Array.from({ length: 30 }, (_, index) => `  a${index + 1}: &a${index + 1} [*a${index}, *a${index}]`).join("\n");
  const files = {
    "/app/kustomization.yaml": "resources: [a.yaml]",
    "/app/a.yaml": `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\ndata:\n  a0: &a0 x\n${doubled}\n`,
  };
  await expect(built(files)).rejects.toThrow("excessive aliasing");
});
