import type { CustomResourceDefinitionSpec, CustomResourceDefinitionVersion, JSONSchemaProps } from "@kubets/api";
import type { TestServer } from "../../testing/test-server.ts";

/** What a client sends for a definition. */
export interface SentDefinition {
  readonly apiVersion: "apiextensions.k8s.io/v1";
  readonly kind: "CustomResourceDefinition";
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: CustomResourceDefinitionSpec;
}

export const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
export const cronTabs = "/apis/stable.example.com/v1/namespaces/default/crontabs";

const anything: JSONSchemaProps = { type: "object", "x-kubernetes-preserve-unknown-fields": true };

/** A definition of CronTabs with one version `v1`, unless told otherwise. */
export function aDefinition(
  schema: JSONSchemaProps = anything,
  {
    version = {},
    versions,
    ...spec
  }: Partial<CustomResourceDefinitionSpec> & { readonly version?: Partial<CustomResourceDefinitionVersion> } = {},
): SentDefinition {
  const names = { plural: "crontabs", kind: "CronTab", shortNames: ["ct"], ...spec.names };
  const group = spec.group ?? "stable.example.com";
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${names.plural}.${group}` },
    spec: {
      scope: "Namespaced",
      ...spec,
      group,
      names,
      versions: versions ?? [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: schema }, ...version }],
    },
  };
}

/** Creates a definition, and waits until it is established. */
export async function define(world: TestServer, definition: SentDefinition): Promise<void> {
  const { status, json } = await world.send("POST", definitions, { body: definition });
  if (status !== 201) throw new Error(`The definition was refused: ${json.message}`);
  await world.tasks.settle();
}

/** An object of the definition. */
export function aCronTab(name: string, rest: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  return { apiVersion: "stable.example.com/v1", kind: "CronTab", metadata: { name }, ...rest };
}
