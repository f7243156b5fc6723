import { type Pod, PodKind, PriorityClassKind } from "@kubets/api";
import { describe, expect, test } from "vitest";
import { asRead, type FixedReader } from "../../authorization/testing/fixed-reader.ts";
import { admit, aPod, cluster } from "../testing/admit.ts";

describe("Priority", () => {
  const withClasses = (): FixedReader => {
    const reader = cluster();
    reader.put(PriorityClassKind, { metadata: { name: "high" }, value: 1000, preemptionPolicy: "Never" });
    reader.put(PriorityClassKind, { metadata: { name: "usual" }, value: 10, globalDefault: true });
    return reader;
  };
  const priorityOf = ({ spec }: Pod): unknown => [spec.priorityClassName, spec.priority, spec.preemptionPolicy];

  test("the class gives the priority; without one, the default class; without that, zero", async () => {
    expect([
      priorityOf(await admit(withClasses(), PodKind, { object: aPod({ priorityClassName: "high" }) })),
      priorityOf(await admit(withClasses(), PodKind, { object: aPod() })),
      priorityOf(await admit(cluster(), PodKind, { object: aPod() })),
    ]).toEqual([
      ["high", 1000, "Never"],
      ["usual", 10, "PreemptLowerPriority"],
      [undefined, 0, "PreemptLowerPriority"],
    ]);
  });

  test("a Pod can't name its own number, nor a class that isn't there", async () => {
    await expect(admit(withClasses(), PodKind, { object: aPod({ priority: 5 }) })).rejects.toMatchObject({
      message:
        'pods "web" is forbidden: the integer value of priority (5) must not be provided in pod spec; priority admission controller computed 10 from the given PriorityClass name',
    });
    await expect(admit(withClasses(), PodKind, { object: aPod({ priorityClassName: "none" }) })).rejects.toMatchObject({
      message: 'pods "web" is forbidden: no PriorityClass with name none was found',
    });
  });

  test("there is one default class", async () => {
    const second = asRead(PriorityClassKind, { metadata: { name: "second" }, value: 1, globalDefault: true });
    await expect(admit(withClasses(), PriorityClassKind, { object: second })).rejects.toMatchObject({
      message:
        'priorityclasses.scheduling.k8s.io "second" is forbidden: PriorityClass usual is already marked as default. Only one default can exist',
    });
  });

  test("a client that doesn't know of priorities doesn't take a Pod's away", async () => {
    const previous = aPod({ priority: 7, preemptionPolicy: "Never" });
    expect(priorityOf(await admit(cluster(), PodKind, { operation: "UPDATE", object: aPod(), previous }))).toEqual([undefined, 7, "Never"]);
  });
});
