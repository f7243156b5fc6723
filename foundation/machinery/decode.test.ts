import { describe, expect, test } from "vitest";
import { decodeObject, encodeObject } from "./decode.ts";
import { objectMeta } from "./meta-schemas.ts";
import type { ObjectMeta } from "./meta.ts";
import { aPodSchema, type PodUnderTest } from "./pod-under-test.ts";
import {
  bytes,
  duration,
  field,
  flag,
  integer,
  intOrString,
  json,
  jsonObject,
  list,
  map,
  microTime,
  object,
  quantity,
  type Schema,
  string,
  struct,
  text,
  time,
} from "./schema.ts";

const decode = (value: unknown): unknown => decodeObject(aPodSchema, value).object;
const problemOf = (value: unknown): string => {
  try {
    decodeObject(aPodSchema, value);
  } catch (error) {
    return (error as Error).message;
  }
  return "none";
};

describe("an object is read in the form in which it is written", () => {
  test("fields come in the order of the schema, keys of maps sorted", () => {
    const read = decode({
      spec: { restartPolicy: "Never", containers: [{ image: "web:1", name: "web" }] },
      metadata: { labels: { b: "2", a: "1" }, name: "web" },
      apiVersion: "v1",
      kind: "Pod",
    });
    expect(JSON.stringify(read)).toBe(
      '{"kind":"Pod","apiVersion":"v1","metadata":{"name":"web","labels":{"a":"1","b":"2"}},"spec":{"containers":[{"name":"web","image":"web:1"}],"restartPolicy":"Never"}}',
    );
  });

  test("what is written so already is not copied", () => {
    const written = JSON.parse(
      JSON.stringify(decode({ kind: "Pod", apiVersion: "v1", metadata: { name: "web" }, spec: { containers: [{ name: "web" }] } })),
    );
    expect(decode(written)).toBe(written);
  });

  test("nulls, and zeros that Go leaves out, are dropped; zeros behind pointers stay", () => {
    const read = decode({
      kind: "Pod",
      apiVersion: "v1",
      metadata: { name: "web", labels: {}, finalizers: [], deletionGracePeriodSeconds: 0, generation: 0 },
      spec: {
        containers: [{ name: "web", image: "", stdin: false, resources: null, args: [] }],
        terminationGracePeriodSeconds: 0,
        nodeName: null,
      },
    });
    expect(read).toEqual({
      kind: "Pod",
      apiVersion: "v1",
      metadata: { name: "web", deletionGracePeriodSeconds: 0 },
      spec: { containers: [{ name: "web" }], terminationGracePeriodSeconds: 0 },
    });
  });

  test("fields that Go always writes are there", () => {
    expect(decode({ spec: {} })).toEqual({ spec: { containers: [] } });
    expect(decode({ spec: { containers: [{}, null] } })).toEqual({ spec: { containers: [{ name: "" }, { name: "" }] } });
  });

  test("keys with a meaning of their own in JavaScript are keys like any other", () => {
    const labels = JSON.parse('{"z":"1","__proto__":"2","constructor":"3"}') as Record<string, string>;
    const read = decode({ metadata: { name: "web", labels } }) as PodUnderTest;
    expect(Object.entries(read.metadata.labels!)).toEqual([
      ["__proto__", "2"],
      ["constructor", "3"],
      ["z", "1"],
    ]);
    expect(decodeObject(aPodSchema, JSON.parse('{"__proto__":{"kind":"x"},"toString":1}')).unknownFields).toEqual([
      'unknown field "__proto__"',
      'unknown field "toString"',
    ]);
  });
});

describe("unknown fields", () => {
  test("are dropped and named with their paths", () => {
    const { object: read, unknownFields } = decodeObject(aPodSchema, {
      kind: "Pod",
      speck: {},
      metadata: { name: "web", lables: {} },
      spec: { containers: [{ name: "a" }, { name: "b", img: "x", resources: { limit: {} } }], probes: { ready: { prot: 1 } } },
    });
    expect(unknownFields).toEqual([
      'unknown field "speck"',
      'unknown field "metadata.lables"',
      'unknown field "spec.containers[1].img"',
      'unknown field "spec.containers[1].resources.limit"',
      'unknown field "spec.probes.ready.prot"',
    ]);
    expect(read).toEqual({
      kind: "Pod",
      metadata: { name: "web" },
      spec: { containers: [{ name: "a" }, { name: "b", resources: {} }], probes: { ready: {} } },
    });
  });

  test("are told apart by case", () => {
    expect(decodeObject(aPodSchema, { Kind: "Pod" }).unknownFields).toEqual(['unknown field "Kind"']);
  });

  test("are named a hundred times at most", () => {
    const many = Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`field${index}`, 1]));
    expect(decodeObject(aPodSchema, many).unknownFields).toHaveLength(100);
  });
});

describe("a value of the wrong type is refused in upstream's words", () => {
  test.each([
    [[], "json: cannot unmarshal array into Go value of type v1.Pod"],
    ["x", "json: cannot unmarshal string into Go value of type v1.Pod"],
    [null, "json: cannot unmarshal null into Go value of type v1.Pod"],
    [{ spec: 3 }, "json: cannot unmarshal number into Go struct field Pod.spec of type v1.PodSpec"],
    [{ spec: { containers: {} } }, "json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container"],
    [{ spec: { containers: ["web"] } }, "json: cannot unmarshal string into Go struct field PodSpec.spec.containers of type v1.Container"],
    [
      { spec: { containers: [{ name: 3 }] } },
      "json: cannot unmarshal number into Go struct field Container.spec.containers.name of type string",
    ],
    [
      { spec: { terminationGracePeriodSeconds: "30" } },
      "json: cannot unmarshal string into Go struct field PodSpec.spec.terminationGracePeriodSeconds of type int64",
    ],
    [
      { spec: { terminationGracePeriodSeconds: 1.5 } },
      "json: cannot unmarshal number 1.5 into Go struct field PodSpec.spec.terminationGracePeriodSeconds of type int64",
    ],
    [
      { spec: { containers: [{ stdin: "true" }] } },
      "json: cannot unmarshal string into Go struct field Container.spec.containers.stdin of type bool",
    ],
    [{ metadata: { labels: { app: true } } }, "json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.labels of type string"],
    [
      { metadata: { labels: [] } },
      "json: cannot unmarshal array into Go struct field ObjectMeta.metadata.labels of type map[string]string",
    ],
    [{ metadata: { creationTimestamp: 1 } }, "json: cannot unmarshal number into Go value of type string"],
    [{ metadata: { creationTimestamp: "today" } }, 'parsing time "today" as "2006-01-02T15:04:05Z07:00": cannot parse "today" as "2006"'],
    [
      { spec: { containers: [{ resources: { limits: { cpu: "lots" } } }] } },
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
  ])("%j", (value, problem) => {
    expect(problemOf(value)).toBe(problem);
  });

  test("an integer must fit its bits", () => {
    interface Sizes {
      readonly small?: number;
      readonly large?: number;
    }
    const sizes: Schema<Sizes> = object<Sizes>("test.v1.Sizes", "Sizes.", {
      small: integer({ field: 1, doc: "Small." }),
      large: integer({ field: 2, bits: 64, doc: "Large." }),
    });
    expect(decodeObject(sizes, { small: -(2 ** 31), large: 2 ** 40 }).object).toEqual({ small: -(2 ** 31), large: 2 ** 40 });
    expect(() => decodeObject(sizes, { small: 2 ** 31 })).toThrow(
      "json: cannot unmarshal number 2147483648 into Go struct field Sizes.small of type int32",
    );
  });
});

describe("scalars are written canonically", () => {
  interface Scalars {
    readonly quantity?: string;
    readonly time?: string;
    readonly micro?: string;
    readonly duration?: string;
    readonly port?: number | string;
    readonly data?: string;
    readonly any?: unknown;
    readonly object?: Readonly<Record<string, unknown>>;
  }
  const scalars: Schema<Scalars> = object<Scalars>("test.v1.Scalars", "Scalars.", {
    quantity: field(quantity, { field: 1, doc: "A quantity." }),
    time: field(time, { field: 2, doc: "A time." }),
    micro: field(microTime, { field: 3, doc: "A time." }),
    duration: field(duration, { field: 4, doc: "A duration." }),
    port: field(intOrString, { field: 5, doc: "A port." }),
    data: field(bytes, { field: 6, doc: "Bytes." }),
    any: field(json, { field: 7, doc: "Anything." }),
    object: field(jsonObject, { field: 8, doc: "An object." }),
  });

  test.each<[Scalars | Record<string, unknown>, Scalars]>([
    [{ quantity: "1024Mi" }, { quantity: "1Gi" }],
    [{ quantity: 0.5 }, { quantity: "500m" }],
    [{ quantity: " 1 " }, { quantity: "1" }],
    [{ quantity: "0" }, { quantity: "0" }],
    [{ time: "2026-01-01T02:00:00+02:00" }, { time: "2026-01-01T00:00:00Z" }],
    [{ micro: "2026-01-01T02:00:00.5+02:00" }, { micro: "2026-01-01T00:00:00.500000Z" }],
    [{ duration: "90m" }, { duration: "1h30m0s" }],
    [{ port: 80 }, { port: 80 }],
    [{ port: "http" }, { port: "http" }],
    [{ port: 0 }, { port: 0 }],
    [{ data: "aGVsbG8=" }, { data: "aGVsbG8=" }],
    [{ any: [null, { a: null }] }, { any: [null, { a: null }] }],
    [{ object: { deep: { b: 1, a: null } } }, { object: { deep: { b: 1, a: null } } }],
  ])("%j is answered as %j", (given, expected) => {
    expect(decodeObject(scalars, given).object).toEqual(expected);
  });

  test.each([
    [{ port: true }, "json: cannot unmarshal bool into Go value of type int32"],
    [{ port: 1.5 }, "json: cannot unmarshal number 1.5 into Go value of type int32"],
    [{ data: "a" }, "illegal base64 data at input byte 0"],
    [{ data: "ab*=" }, "illegal base64 data at input byte 2"],
    [{ data: 5 }, "json: cannot unmarshal number into Go struct field Scalars.data of type []uint8"],
    [{ duration: "90" }, 'time: missing unit in duration "90"'],
    [{ duration: 90 }, "json: cannot unmarshal number into Go value of type string"],
    [{ object: [] }, "json: cannot unmarshal array into Go struct field Scalars.object of type map[string]interface {}"],
  ])("%j is refused", (given, problem) => {
    expect(() => decodeObject(scalars, given)).toThrow(problem);
  });
});

test("a type may hold itself, to a depth", () => {
  interface Tree {
    readonly name?: string;
    readonly children?: readonly Tree[];
    readonly byName?: Readonly<Record<string, Tree>>;
  }
  const tree: Schema<Tree> = object<Tree>("test.v1.Tree", "A tree.", () => ({
    name: text({ field: 1, doc: "Its name." }),
    children: list(tree, { field: 2, doc: "Its children." }),
    byName: map(tree, { field: 3, doc: "More of them." }),
  }));
  const nested = (depth: number): unknown => (depth === 0 ? {} : { children: [nested(depth - 1)] });
  expect(decodeObject(tree, nested(400)).unknownFields).toEqual([]);
  expect(() => decodeObject(tree, nested(600))).toThrow("exceeded max depth");
  expect(() => decodeObject(tree, nested(20), { maxDepth: 10 })).toThrow("exceeded max depth");
  expect(decodeObject(tree, { byName: { a: { byName: { b: { x: 1 } } } } }).unknownFields).toEqual(['unknown field "byName.a.byName.b.x"']);
});

test("an inlined object's fields stand in the object that holds it", () => {
  interface Handler {
    readonly command?: string;
  }
  interface Probe {
    readonly handler?: Handler;
    readonly period?: number;
  }
  const handler = object<Handler>("test.v1.Handler", "A handler.", { command: text({ field: 1, doc: "What to run." }) });
  const probe = object<Probe>("test.v1.Probe", "A probe.", {
    handler: struct(handler, { field: 1, inline: true, doc: "What to do." }),
    period: integer({ field: 2, doc: "How often." }),
  });
  expect(decodeObject(probe, { period: 3, command: "true", handler: {} })).toEqual({
    object: { command: "true", period: 3 },
    unknownFields: ['unknown field "handler"'],
  });
});

test("what is undefined is absent, in objects and in maps", () => {
  const metadata = { name: "web", uid: undefined, labels: { a: "1", b: undefined } } as unknown as ObjectMeta;
  expect(JSON.stringify(encodeObject(objectMeta, metadata))).toBe('{"name":"web","labels":{"a":"1"}}');
});

test("what was filled in for the reader is left out again when written", () => {
  interface Status {
    readonly ready: boolean;
    readonly count: number;
    readonly message?: string;
  }
  const status = object<Status>("test.v1.Status", "A status.", {
    ready: flag({ field: 1, default: false, doc: "Whether it is ready." }),
    count: integer({ field: 2, required: true, doc: "How many." }),
    message: text({ field: 3, presence: "pointer", doc: "Why." }),
  });
  expect(encodeObject(status, { ready: false, count: 0, message: "" })).toEqual({ count: 0, message: "" });
});

test("metadata of an object that does not exist yet needs nothing", () => {
  expect(decodeObject(objectMeta, {}).object).toEqual({});
  expect(
    decodeObject(
      object<{ readonly labels?: Readonly<Record<string, string>> }>("test.v1.Labels", "", { labels: map(string, { field: 1, doc: "" }) }),
      { labels: { a: null } },
    ).object,
  ).toEqual({
    labels: { a: "" },
  });
});
