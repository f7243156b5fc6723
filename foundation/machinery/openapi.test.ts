import { describe, expect, test } from "vitest";
import { definitionsOf, openApiV2Definition, openApiV2Schema, openApiV3Definition, openApiV3Schema } from "./openapi.ts";
import { aPodSchema } from "./pod-under-test.ts";
import { bytes, double, duration, intOrString, json, jsonObject, listOf, mapOf, microTime, quantity, string, time } from "./schema.ts";

const definitions = definitionsOf([aPodSchema.node]);
const container = definitions.get("io.k8s.api.core.v1.Container")!;
const port = definitions.get("io.k8s.api.core.v1.ContainerPort")!;
const ref = (name: string): object => ({ $ref: `#/components/schemas/${name}` });

test("every type that a kind is made of has a definition", () => {
  expect([...definitions.keys()].sort()).toEqual(
    [
      ...["Container", "ContainerPort", "EmptyDirVolumeSource", "EnvVar", "HostPathVolumeSource", "Pod", "PodSpec", "Probe"],
      ...["ResourceRequirements", "Toleration", "Volume", "VolumeMount"],
    ]
      .map((name) => `io.k8s.api.core.v1.${name}`)
      .concat(
        ["FieldsV1", "ManagedFieldsEntry", "ObjectMeta", "OwnerReference", "Time"].map(
          (name) => `io.k8s.apimachinery.pkg.apis.meta.v1.${name}`,
        ),
        "io.k8s.apimachinery.pkg.api.resource.Quantity",
      )
      .sort(),
  );
});

test("version 3 wraps references, and says defaults and enums", () => {
  expect(openApiV3Definition(port)).toEqual({
    description: "A port.",
    properties: {
      containerPort: { type: "integer", format: "int32", default: 0, description: "Its number." },
      name: { type: "string", description: "Its name." },
      protocol: { type: "string", enum: ["TCP", "UDP"], default: "TCP", description: "Its protocol." },
    },
    required: ["containerPort"],
    type: "object",
  });
  const { properties } = openApiV3Definition(container);
  expect(properties).toMatchObject({
    resources: { allOf: [ref("io.k8s.api.core.v1.ResourceRequirements")], default: {}, description: "What it needs." },
    ports: {
      type: "array",
      items: { allOf: [ref("io.k8s.api.core.v1.ContainerPort")], default: {} },
      "x-kubernetes-list-map-keys": ["containerPort", "protocol"],
      "x-kubernetes-list-type": "map",
      "x-kubernetes-patch-merge-key": "containerPort",
      "x-kubernetes-patch-strategy": "merge",
    },
    args: { type: "array", items: { type: "string", default: "" }, "x-kubernetes-list-type": "atomic" },
  });
  expect(Object.keys(properties!)).toEqual(Object.keys(properties!).toSorted());
});

test("version 2 refers plainly and says neither defaults nor enums", () => {
  expect(openApiV2Definition(port).properties!.protocol).toEqual({ type: "string", description: "Its protocol." });
  expect(openApiV2Definition(container).properties!.resources).toEqual({
    $ref: "#/definitions/io.k8s.api.core.v1.ResourceRequirements",
    description: "What it needs.",
  });
});

test("a kind names itself, and asks for neither its kind nor its version", () => {
  const kinds = [{ group: "", kind: "Pod", version: "v1" }];
  const pod = openApiV3Definition(aPodSchema.node, kinds);
  expect(pod["x-kubernetes-group-version-kind"]).toEqual(kinds);
  expect(pod.required).toBeUndefined();
  expect(pod.properties!.kind).toEqual({ type: "string", description: "The kind of the object, in CamelCase." });
  expect(pod.properties!.metadata).toMatchObject({ allOf: [ref("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta")], default: {} });
});

test("maps and objects that are replaced as a whole say so", () => {
  const spec = definitions.get("io.k8s.api.core.v1.PodSpec")!;
  expect(openApiV2Definition(spec).properties!.nodeSelector).toEqual({
    type: "object",
    additionalProperties: { type: "string" },
    "x-kubernetes-map-type": "atomic",
    description: "Which Nodes it may run on.",
  });
  const owner = definitions.get("io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference")!;
  expect(openApiV2Definition(owner)).toMatchObject({ "x-kubernetes-map-type": "atomic", required: ["apiVersion", "kind", "name", "uid"] });
});

describe("types that are no objects", () => {
  test.each([
    [string, { type: "string" }, { type: "string" }],
    [bytes, { type: "string", format: "byte" }, { type: "string", format: "byte" }],
    [double, { type: "number", format: "double" }, { type: "number", format: "double" }],
    [listOf(mapOf(string)), { type: "array", items: { type: "object", additionalProperties: { type: "string" } } }, undefined],
    [
      mapOf(quantity),
      { type: "object", additionalProperties: { $ref: "#/definitions/io.k8s.apimachinery.pkg.api.resource.Quantity" } },
      undefined,
    ],
    [
      jsonObject,
      { $ref: "#/definitions/io.k8s.apimachinery.pkg.runtime.RawExtension" },
      ref("io.k8s.apimachinery.pkg.runtime.RawExtension"),
    ],
  ])("%# are written where they are used", ({ node }, second, third) => {
    expect(openApiV2Schema(node)).toEqual(second);
    if (third !== undefined) expect(openApiV3Schema(node)).toEqual(third);
  });

  test.each([
    [quantity, { oneOf: [{ type: "string" }, { type: "number" }] }],
    [intOrString, { format: "int-or-string", oneOf: [{ type: "integer" }, { type: "string" }] }],
    [time, { format: "date-time", type: "string" }],
    [microTime, { format: "date-time", type: "string" }],
    [duration, { type: "string" }],
    [jsonObject, { type: "object" }],
    [json, {}],
  ])("%# have definitions of their own", ({ node }, expected) => {
    const { description, ...rest } = openApiV3Definition(node);
    expect(rest).toEqual(expected);
    expect(description).toMatch(/\.$/);
    expect([...definitionsOf([node]).values()]).toEqual([node]);
  });

  test("without a name can't be defined", () => {
    expect(() => openApiV3Definition(string.node)).toThrow(TypeError);
  });
});
