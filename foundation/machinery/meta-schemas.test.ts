import { expect, test } from "vitest";
import { decodeObject } from "./decode.ts";
import { embedded, integer, object, text } from "./schema.ts";
import { kindObject, listObject } from "./kind-object.ts";
import { condition, labelSelector, listMeta, managedFieldsEntry, objectMeta, ownerReference, templateMeta } from "./meta-schemas.ts";
import { createOptions, deleteOptions, patchOptions, status, statusCause, statusDetails, updateOptions } from "./request-schemas.ts";
import { jsonFieldsOf } from "./schema-fields.ts";
import { notFound } from "./status-error.ts";
import { validateSchema } from "./validate.ts";

const all = {
  condition,
  createOptions,
  deleteOptions,
  labelSelector,
  listMeta,
  managedFieldsEntry,
  objectMeta,
  ownerReference,
  patchOptions,
  status,
  statusCause,
  statusDetails,
  updateOptions,
};

test.each(Object.entries(all))("the fields of %s have numbers and a line of documentation each", (_, { node }) => {
  if (node.type !== "object") throw new Error("a meta type is an object");
  const fields = jsonFieldsOf(node);
  // `kind` and `apiVersion` of what is sent by itself stand in the envelope of protobuf.
  const inMessage = fields.filter(({ field }) => field.field !== 0);
  expect(new Set(inMessage.map(({ field }) => field.field)).size).toBe(inMessage.length);
  expect(fields.filter(({ field }) => field.field === 0).every(({ name }) => name === "kind" || name === "apiVersion")).toBe(true);
  for (const { name, field } of fields) {
    expect(field.doc, name).toMatch(/\.$/);
  }
});

test("metadata is written in upstream's order", () => {
  const written = {
    ...{ name: "web", generateName: "web-", namespace: "default", selfLink: "x", uid: "1", resourceVersion: "2", generation: 3 },
    ...{ creationTimestamp: "2026-01-01T00:00:00Z", deletionTimestamp: "2026-01-01T00:00:00Z", deletionGracePeriodSeconds: 30 },
    ...{ labels: { a: "b" }, annotations: { c: "d" } },
    ownerReferences: [{ apiVersion: "v1", kind: "Node", name: "n", uid: "3", controller: false, blockOwnerDeletion: true }],
    finalizers: ["example.com/x"],
    managedFields: [
      {
        manager: "m",
        operation: "Apply",
        apiVersion: "v1",
        time: "2026-01-01T00:00:00Z",
        fieldsType: "FieldsV1",
        fieldsV1: { "f:a": {} },
        subresource: "status",
      },
    ],
  };
  expect(decodeObject(objectMeta, written)).toEqual({ object: written, unknownFields: [] });
  const turned = Object.fromEntries(Object.entries(written).toReversed());
  expect(JSON.stringify(decodeObject(objectMeta, turned).object)).toBe(JSON.stringify(written));
  expect(templateMeta.node).toBe(objectMeta.node);
});

test("a failure is read back as it was written", () => {
  const failure = notFound({ group: "apps", resource: "deployments" }, "web").status;
  expect(decodeObject(status, JSON.parse(JSON.stringify(failure)))).toEqual({ object: failure, unknownFields: [] });
});

test("a list has its items under their schema", () => {
  const list = listObject("test.v1.PodList", "Pods.", kindObject("test.v1.Pod", "A Pod.", {}));
  const read = decodeObject(list, {
    items: [{ kind: "Pod", metadata: { name: "a" }, x: 1 }],
    metadata: { resourceVersion: "7" },
    kind: "PodList",
    apiVersion: "v1",
  });
  expect(read.unknownFields).toEqual(['unknown field "items[0].x"']);
  expect(JSON.stringify(read.object)).toBe(
    '{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"7"},"items":[{"kind":"Pod","metadata":{"name":"a"}}]}',
  );
  expect(validateSchema(list, { ...read.object, items: [] })).toEqual([]);
});

test("the fields of an embedded object stand in the one that holds it, and know the message that they belong to", () => {
  interface Handler {
    readonly command?: string;
  }
  interface Probe extends Handler {
    readonly period?: number;
  }
  const handler = object<Handler>("test.v1.Handler", "A handler.", { command: text({ field: 3, doc: "What to run." }) });
  const probe = object<Probe>("test.v1.Probe", "A probe.", {
    ...embedded(handler, { field: 1 }),
    period: integer({ field: 2, doc: "How often." }),
  });
  if (probe.node.type !== "object") throw new Error("an object schema has an object node");
  expect(probe.node.fields().command).toMatchObject({ field: 3, embeddedIn: { field: 1, message: "test.v1.Handler" } });
  expect(decodeObject(probe, { period: 1, command: "x" }).object).toEqual({ command: "x", period: 1 });
});
