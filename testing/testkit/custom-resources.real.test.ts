import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { realKubectls, run } from "./real-kubectl.ts";
import { type Cluster, startCluster } from "./start-cluster.ts";

// Custom resources as every real kubectl of this machine has them, over HTTPS and on a clock that runs.
const kubectls = realKubectls().map((path) => [path.slice(path.lastIndexOf("/") + 1), path] as const);

interface Definition {
  readonly kind: string;
  readonly schema: object;
  readonly columns?: readonly object[];
}

const spec = (properties: object, rest: object = {}): object => ({
  type: "object",
  properties: { spec: { type: "object", properties, ...rest } },
});

/** What the walks define, each in a group of its own. */
const definitions: Readonly<Record<string, Definition>> = {
  schema: {
    kind: "Foo",
    schema: {
      description: "Foo for testing",
      ...spec({
        bars: {
          type: "array",
          description: "List of Bars and their specs.",
          items: {
            type: "object",
            required: ["name"],
            properties: { name: { type: "string", description: "Name of Bar." }, age: { type: "integer", description: "Age of Bar." } },
          },
        },
        replicas: { type: "integer" },
      }),
    },
    columns: [
      { name: "Replicas", type: "integer", jsonPath: ".spec.replicas" },
      { name: "First", type: "string", jsonPath: ".spec.bars[0].name" },
      { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
    ],
  },
  anything: { kind: "Any", schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
  nested: {
    kind: "Nest",
    schema: spec({ inside: { type: "object", description: "Whatever is inside.", "x-kubernetes-preserve-unknown-fields": true } }),
  },
  ruled: {
    kind: "Ruled",
    schema: spec(
      { min: { type: "integer" }, max: { type: "integer" } },
      { "x-kubernetes-validations": [{ rule: "self.min <= self.max", message: "min must not be above max" }] },
    ),
  },
};

describe.skipIf(kubectls.length === 0)("custom resources, by a real kubectl", () => {
  let cluster: Cluster;
  let folder: string;
  beforeAll(async () => {
    cluster = await startCluster({ nodes: 0, clock: "system" });
    folder = mkdtempSync(join(tmpdir(), "kubets-custom-"));
    writeFileSync(join(folder, "kubeconfig"), await cluster.kubeconfig);
  });
  afterAll(async () => {
    await cluster[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  test.each(kubectls)(
    "AM-041 AM-042 AM-043 AM-044 AM-050 AM-051 AM-052 %s defines, explains, applies, gets and is refused",
    async (name, kubectl) => {
      const suffix = `${name.replaceAll(/[^a-z0-9]/g, "-")}.example.com`;
      const k = (...args: readonly string[]): Promise<string> => run(kubectl, args, join(folder, "kubeconfig"));
      const file = (text: string): string => {
        const path = join(folder, `${name}.json`);
        writeFileSync(path, text);
        return path;
      };
      const apply = (text: string, ...args: readonly string[]): Promise<string> => k("apply", ...args, "-f", file(text));
      const object = (kind: string, group: string, rest: object, objectName = "a"): string =>
        JSON.stringify({ apiVersion: `${group}.${suffix}/v1`, kind, metadata: { name: objectName }, ...rest });

      for (const [group, { kind, schema, columns }] of Object.entries(definitions)) {
        const plural = `${kind.toLowerCase()}s`;
        const definition = {
          apiVersion: "apiextensions.k8s.io/v1",
          kind: "CustomResourceDefinition",
          metadata: { name: `${plural}.${group}.${suffix}` },
          spec: {
            group: `${group}.${suffix}`,
            scope: "Namespaced",
            names: { plural, kind },
            versions: [
              {
                name: "v1",
                served: true,
                storage: true,
                schema: { openAPIV3Schema: schema },
                ...(columns === undefined ? {} : { additionalPrinterColumns: columns }),
              },
            ],
          },
        };
        expect(await apply(JSON.stringify(definition))).toBe(
          `customresourcedefinition.apiextensions.k8s.io/${definition.metadata.name} created\n`,
        );
      }
      await k("wait", "--for=condition=Established", "--timeout=30s", "crd", "--all");
      const foos = `foos.schema.${suffix}`;

      // A schema: what is valid is taken, what is unknown or missing isn't, and explain tells.
      const valid = object("Foo", "schema", { spec: { replicas: 2, bars: [{ name: "one", age: 3 }] } });
      expect(await apply(valid)).toBe(`foo.schema.${suffix}/a created\n`);
      expect(await apply(valid)).toBe(`foo.schema.${suffix}/a unchanged\n`);
      expect(await apply(object("Foo", "schema", { spec: { replicas: 3, bars: [{ name: "one", age: 3 }] } }))).toBe(
        `foo.schema.${suffix}/a configured\n`,
      );
      expect(await k("get", foos)).toMatch(/^NAME +REPLICAS +FIRST +AGE\na +3 +one +\d+s\n$/);
      expect(await apply(object("Foo", "schema", { spec: { bars: [{ name: "one" }] } }, "b"), "--server-side", "--field-manager=one")).toBe(
        `foo.schema.${suffix}/b serverside-applied\n`,
      );
      await expect(apply(object("Foo", "schema", { spec: { bars: [{ name: "one" }], color: "red" } }, "c"))).rejects.toThrow(
        /unknown field "spec.color"/,
      );
      await expect(apply(object("Foo", "schema", { spec: { bars: [{ age: 10 }] } }, "c"))).rejects.toThrow(
        /spec.bars\[0\].name: Required value|missing required field "name"/,
      );
      expect(await k("explain", "foos.spec.bars", `--api-version=schema.${suffix}/v1`)).toMatch(
        /KIND: +Foo[\s\S]*List of Bars and their specs[\s\S]*age[\s\S]*name/,
      );
      await expect(k("explain", "foos.spec.missing", `--api-version=schema.${suffix}/v1`)).rejects.toThrow(
        /field "missing" does not exist/,
      );

      // Without a schema, and within what keeps unknown fields, anything is taken.
      expect(await apply(object("Any", "anything", { a: [1], b: { c: null } }))).toBe(`any.anything.${suffix}/a created\n`);
      expect(await k("explain", "anys", `--api-version=anything.${suffix}/v1`)).toMatch(/KIND: +Any/);
      expect(await apply(object("Nest", "nested", { spec: { inside: { any: { thing: 1 } } } }))).toBe(`nest.nested.${suffix}/a created\n`);
      expect(await k("explain", "nests.spec", `--api-version=nested.${suffix}/v1`)).toContain("Whatever is inside.");

      await expect(apply(object("Ruled", "ruled", { spec: { min: 3, max: 1 } }))).rejects.toThrow(
        /spec: Invalid value: .*min must not be above max/,
      );
      expect(await k("patch", foos, "a", "--type=merge", "-p", '{"spec":{"replicas":5}}')).toBe(`foo.schema.${suffix}/a patched\n`);
      expect(await k("get", foos, "a", "-o", "jsonpath={.spec.replicas}")).toBe("5");
      await k("delete", "crd", ...Object.entries(definitions).map(([group, { kind }]) => `${kind.toLowerCase()}s.${group}.${suffix}`));
      await expect(k("get", foos)).rejects.toThrow(/the server doesn't have a resource type/);
    },
  );
});
