import { describe, expect, test } from "vitest";
import { allKinds as kinds } from "../kinds.ts";
import { factsArePresent, readFact } from "../testing/upstream-facts.ts";

interface Row {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly kind: string;
  readonly singular: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  readonly subresources: readonly { readonly name: string }[];
  readonly stability?: string;
}

describe.skipIf(!factsArePresent)("beside upstream's discovery (../shared/api/discovery.json)", () => {
  const rows = factsArePresent ? (readFact("discovery.json") as readonly Row[]) : [];

  test("every resource is described as upstream describes it", () => {
    const ours = kinds.map((kind): Row => {
      const { status, scale, others = [] } = kind.subresources;
      const subresources = [...others, ...(status ? ["status"] : []), ...(scale === undefined ? [] : ["scale"])];
      return {
        group: kind.group,
        version: kind.version,
        resource: kind.resource,
        kind: kind.kind,
        singular: kind.singular,
        namespaced: kind.scope === "Namespaced",
        shortNames: kind.shortNames,
        categories: kind.categories,
        verbs: kind.verbs.toSorted(),
        subresources: subresources.toSorted().map((name) => ({ name })),
      };
    });
    const upstream = kinds.map(({ group, version, resource }) => {
      const row = rows.find((each) => each.group === group && each.version === version && each.resource === resource);
      return row && withoutStability(row);
    });
    expect(ours).toEqual(upstream);
  });

  test("every stable resource of v1.36 has a kind", () => {
    const declared = new Set(kinds.map(({ group, version, resource }) => `${resource}.${group}/${version}`));
    const stable = rows.filter(({ stability }) => stability === "stable").map((row) => `${row.resource}.${row.group}/${row.version}`);
    // The definitions of custom resources come with their own part of the server.
    expect(stable.filter((each) => !declared.has(each) && !each.startsWith("customresourcedefinitions."))).toEqual([]);
    expect(stable.length).toBeGreaterThan(60);
  });

  test("groups stand in upstream's order, and the resources of a group by name", () => {
    const order = kinds.map((kind) =>
      rows.findIndex(({ group, version, resource }) => group === kind.group && version === kind.version && resource === kind.resource),
    );
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  });
});

function withoutStability({ group, version, resource, kind, singular, namespaced, shortNames, categories, verbs, subresources }: Row): Row {
  return {
    group,
    version,
    resource,
    kind,
    singular,
    namespaced,
    shortNames,
    categories,
    verbs: verbs.toSorted(),
    subresources: subresources.map(({ name }) => ({ name })).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  };
}
