import { CustomResourceDefinitionKind, type JSONSchemaProps } from "@kubets/api";
import { expect, test } from "vitest";
import { readJson } from "../api-operations.ts";
import { conformanceCluster } from "../conformance-cluster.ts";
import { type CustomResource, define } from "../custom-resources.ts";

const cluster = conformanceCluster();

const schema: JSONSchemaProps = {
  description: "Foo for testing",
  type: "object",
  properties: {
    spec: {
      type: "object",
      description: "Specification of Foo",
      properties: {
        bars: {
          type: "array",
          description: "List of Bars.",
          items: { type: "object", required: ["name"], properties: { name: { type: "string" } } },
        },
      },
    },
  },
};

/** The definitions that both versions of OpenAPI have of a group, by their names without the group. */
async function published(group: string): Promise<Readonly<Record<string, JSONSchemaProps>>> {
  const prefix = `${group.split(".").toReversed().join(".")}.`;
  const own = (definitions: Readonly<Record<string, JSONSchemaProps>>): Readonly<Record<string, JSONSchemaProps>> =>
    Object.fromEntries(
      Object.entries(definitions)
        .filter(([name]) => name.startsWith(prefix) && !name.endsWith("List"))
        .map(([name, definition]) => [name.slice(prefix.length), definition]),
    );
  const v2 = own(
    ((await readJson(cluster.client, "/openapi/v2")) as { readonly definitions: Readonly<Record<string, JSONSchemaProps>> }).definitions,
  );
  const { paths } = (await readJson(cluster.client, "/openapi/v3")) as {
    readonly paths: Readonly<Record<string, { readonly serverRelativeURL: string }>>;
  };
  const v3: Record<string, JSONSchemaProps> = {};
  for (const [path, { serverRelativeURL }] of Object.entries(paths)) {
    if (!path.startsWith(`apis/${group}/`)) continue;
    const { components } = (await readJson(cluster.client, serverRelativeURL)) as {
      readonly components: { readonly schemas: Readonly<Record<string, JSONSchemaProps>> };
    };
    Object.assign(v3, own(components.schemas));
  }
  expect(Object.keys(v3).toSorted()).toEqual(Object.keys(v2).toSorted());
  return v3;
}

async function expectPublished(group: string, names: readonly string[]): Promise<void> {
  await cluster.until(async () => expect(Object.keys(await published(group)).toSorted()).toEqual(names.toSorted()));
}

const versioned = (name: string): { readonly name: string; readonly schema: { readonly openAPIV3Schema: JSONSchemaProps } } => ({
  name,
  schema: { openAPIV3Schema: { ...schema, description: `Foo in ${name}` } },
});

const patchVersions = async ({ definition }: CustomResource, change: (version: object, index: number) => object): Promise<void> => {
  const versions = definition.spec.versions.map(change);
  await cluster.client.resource(CustomResourceDefinitionKind).patch(definition.metadata.name, { spec: { versions } }, { type: "merge" });
};

test("AM-045 definitions of several groups are all published, with what their schemas say", async () => {
  for (const group of ["am045a.example.com", "am045b.example.com"])
    await define(cluster, { group, kind: "Foo", versions: [versioned("v1")] });
  for (const group of ["am045a.example.com", "am045b.example.com"]) {
    await expectPublished(group, ["v1.Foo"]);
    const { Foo } = { Foo: (await published(group))["v1.Foo"]! };
    expect([Foo.description, Foo.properties?.["spec"]?.properties?.["bars"]?.items]).toMatchObject(["Foo in v1", { required: ["name"] }]);
    expect(Object.keys(Foo.properties ?? {}).toSorted()).toEqual(["apiVersion", "kind", "metadata", "spec"]);
  }
});

test("AM-046 several kinds of one version are all published", async () => {
  for (const kind of ["Foo", "Bar"]) await define(cluster, { group: "am046.example.com", kind, versions: [versioned("v1")] });
  await expectPublished("am046.example.com", ["v1.Bar", "v1.Foo"]);
});

test("AM-047 several versions of one group are all published", async () => {
  await define(cluster, { group: "am047.example.com", kind: "Foo", versions: [versioned("v2"), versioned("v3")] });
  await expectPublished("am047.example.com", ["v2.Foo", "v3.Foo"]);
});

test("AM-040 a version that is renamed is published by its new name", async () => {
  const resource = await define(cluster, { group: "am040.example.com", kind: "Foo", versions: [versioned("v2"), versioned("v3")] });
  await expectPublished("am040.example.com", ["v2.Foo", "v3.Foo"]);
  await patchVersions(resource, (version, index) => (index === 1 ? { ...version, name: "v4" } : version));
  await expectPublished("am040.example.com", ["v2.Foo", "v4.Foo"]);
});

test("AM-039 a version that isn't served any more is published no more, while the others stay", async () => {
  const resource = await define(cluster, { group: "am039.example.com", kind: "Foo", versions: [versioned("v5"), versioned("v6alpha1")] });
  await expectPublished("am039.example.com", ["v5.Foo", "v6alpha1.Foo"]);
  await patchVersions(resource, (version, index) => (index === 1 ? { ...version, served: false } : version));
  await expectPublished("am039.example.com", ["v5.Foo"]);
});
