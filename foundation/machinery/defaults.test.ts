import { describe, expect, test } from "vitest";
import { decodeObject } from "./decode.ts";
import { applyDefaults } from "./defaults.ts";
import { aPodSchema, type PodUnderTest } from "./pod-under-test.ts";
import { type defaulted, integer, list, map, object, type Schema, struct, text } from "./schema.ts";

const aPod = (value: unknown): PodUnderTest => applyDefaults(aPodSchema, decodeObject(aPodSchema, value).object);

describe("defaults", () => {
  test("are filled in at every depth, at the places that the schema has for them", () => {
    const pod = aPod({
      kind: "Pod",
      apiVersion: "v1",
      metadata: { name: "web" },
      spec: { containers: [{ name: "web", ports: [{ containerPort: 80 }] }] },
    });
    expect(JSON.stringify(pod)).toBe(
      JSON.stringify({
        kind: "Pod",
        apiVersion: "v1",
        metadata: { name: "web" },
        spec: {
          containers: [{ name: "web", ports: [{ containerPort: 80, protocol: "TCP" }], resources: {} }],
          restartPolicy: "Always",
          terminationGracePeriodSeconds: 30,
          hostNetwork: false,
        },
      }),
    );
  });

  test("of an object bring their own defaults with them", () => {
    expect(aPod({}).spec).toEqual({ containers: [], restartPolicy: "Always", terminationGracePeriodSeconds: 30, hostNetwork: false });
  });

  test("don't take the place of what was said, be it zero where zero can be told from absent", () => {
    const { spec } = aPod({ spec: { restartPolicy: "Never", terminationGracePeriodSeconds: 0 } });
    expect([spec.restartPolicy, spec.terminationGracePeriodSeconds]).toEqual(["Never", 0]);
  });

  test("take the place of a zero that can't be told from absent", () => {
    const pod = aPod({ spec: { containers: [] } });
    const emptied = { ...pod, spec: { ...pod.spec, restartPolicy: "" } } as unknown as PodUnderTest;
    expect(JSON.stringify(applyDefaults(aPodSchema, emptied))).toBe(JSON.stringify(pod));
  });

  test("leave an object alone that has them all, and every part that needs none", () => {
    const pod = aPod({ metadata: { name: "web" }, spec: { containers: [{ name: "a" }, { name: "b" }] } });
    expect(applyDefaults(aPodSchema, pod)).toBe(pod);
    const { resources: _, ...bare } = pod.spec.containers[1]!;
    const changed = applyDefaults(aPodSchema, { ...pod, spec: { ...pod.spec, containers: [pod.spec.containers[0]!, bare as never] } });
    expect(changed).toEqual(pod);
    expect(changed.spec.containers[0]).toBe(pod.spec.containers[0]);
    expect(changed.metadata).toBe(pod.metadata);
  });

  test("that are filled in can't be written to", () => {
    const { resources } = aPod({ spec: { containers: [{ name: "a" }] } }).spec.containers[0]!;
    expect(() => Object.assign(resources, { limits: {} })).toThrow(TypeError);
  });

  test("reach the values of maps, and types that hold themselves", () => {
    interface Tree {
      readonly [defaulted]?: "size";
      readonly size: number;
      readonly name?: string;
      readonly children?: readonly Tree[];
      readonly byName?: Readonly<Record<string, Tree>>;
      readonly next?: Tree;
    }
    const tree: Schema<Tree> = object<Tree>("test.v1.Tree", "A tree.", () => ({
      size: integer({ field: 1, default: 1, doc: "Its size." }),
      name: text({ field: 2, doc: "Its name." }),
      children: list(tree, { field: 3, doc: "Its children." }),
      byName: map(tree, { field: 4, doc: "More of them." }),
      next: struct(tree, { field: 5, presence: "pointer", doc: "Another." }),
    }));
    expect(applyDefaults(tree, { children: [{ name: "a" }, { size: 2 }], byName: { b: { next: {} } } } as unknown as Tree)).toEqual({
      size: 1,
      children: [{ size: 1, name: "a" }, { size: 2 }],
      byName: { b: { size: 1, next: { size: 1 } } },
    });
  });
});
