import {
  type CustomResourceDefinition,
  CustomResourceDefinitionKind,
  type CustomResourceDefinitionVersion,
  isDefinitionCondition,
  type JSONSchemaProps,
} from "@kubets/api";
import type { DraftObject, ResourceClient } from "@kubets/client";
import { defineKind, kindObject, type KubernetesObject } from "@kubets/machinery";
import { expect } from "vitest";
import type { ConformanceCluster } from "./conformance-cluster.ts";

/** A custom object, of whatever shape. */
export interface CustomObject extends KubernetesObject {
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

/** A resource of one's own as clients see it. */
export interface CustomResource {
  readonly definition: CustomResourceDefinition;
  /** Its objects in a version; the first when none is named. */
  objects(version?: string): ResourceClient<CustomObject>;
}

export const anything: JSONSchemaProps = { type: "object", "x-kubernetes-preserve-unknown-fields": true };

export interface CustomResourceOptions {
  readonly group: string;
  readonly kind: string;
  readonly versions?: readonly Partial<CustomResourceDefinitionVersion>[];
  readonly scope?: "Cluster" | "Namespaced";
  readonly labels?: Readonly<Record<string, string>>;
  readonly conversion?: CustomResourceDefinition["spec"]["conversion"];
}

/** The definition of a resource; versions are served, and the first of them is stored, unless they say otherwise. */
export function aDefinition({
  group,
  kind,
  versions = [{}],
  scope = "Namespaced",
  labels = {},
  conversion,
}: CustomResourceOptions): DraftObject<CustomResourceDefinition> {
  const plural = `${kind.toLowerCase()}s`;
  return {
    metadata: { name: `${plural}.${group}`, labels },
    spec: {
      group,
      scope,
      names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
      versions: versions.map((version, index) => ({
        name: `v${index + 1}`,
        served: true,
        storage: index === 0,
        schema: { openAPIV3Schema: anything },
        ...version,
      })),
      ...(conversion === undefined ? {} : { conversion }),
    },
  };
}

/** Defines a resource, and waits until it is served. */
export async function define(cluster: ConformanceCluster, options: CustomResourceOptions): Promise<CustomResource> {
  const definitions = cluster.client.resource(CustomResourceDefinitionKind);
  const { metadata } = await definitions.create(aDefinition(options));
  await cluster.until(async () => expect(isDefinitionCondition(await definitions.get(metadata.name), "Established")).toBe(true));
  const definition = await definitions.get(metadata.name);
  return { definition, objects: (version) => objectsOf(cluster, definition, version) };
}

/** The objects of a definition in one of its versions. */
export function objectsOf(
  cluster: ConformanceCluster,
  { spec }: CustomResourceDefinition,
  version: string = spec.versions[0]!.name,
): ResourceClient<CustomObject> {
  return cluster.client.resource(
    defineKind<CustomObject>({
      group: spec.group,
      version,
      kind: spec.names.kind,
      resource: spec.names.plural,
      scope: spec.scope === "Cluster" ? "Cluster" : "Namespaced",
      schema: kindObject<KubernetesObject>(spec.names.kind, "An object of a kind of one's own.", {}) as never,
    }),
  );
}
