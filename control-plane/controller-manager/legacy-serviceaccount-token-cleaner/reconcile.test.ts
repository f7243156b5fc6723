import { SecretKind } from "@kubets/api";
import { expect, test } from "vitest";
import { ago, anObject, noon, verbsOf } from "../testing/objects.ts";
import { reconcile } from "./reconcile.ts";

const day = 24 * 3600;
const on = (days: number): string => ago(days * day).slice(0, 10);
const invalidSince = "kubernetes.io/legacy-token-invalid-since";
const lastUsed = "kubernetes.io/legacy-token-last-used";

interface Facts {
  readonly age?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly trackedFor?: number;
  readonly isMadeForAccount?: boolean;
  readonly isMounted?: boolean;
}

function decide({ age = 800, labels = {}, trackedFor = 800, isMadeForAccount = true, isMounted = false }: Facts) {
  const secret = anObject(SecretKind, "robot-token", {
    metadata: { creationTimestamp: ago(age * day), labels },
    type: "kubernetes.io/service-account-token",
  });
  return verbsOf(reconcile({ secret, trackedSince: on(trackedFor), isMadeForAccount, isMounted }, noon, 365 * day * 1000).actions);
}

test.each([
  ["that was never used loses its force", {}, ["patch robot-token"]],
  ["that was used two years ago loses its force", { labels: { [lastUsed]: on(730) } }, ["patch robot-token"]],
  ["that was used last month stays", { labels: { [lastUsed]: on(30) } }, []],
  ["that is younger than a year stays", { age: 300 }, []],
  ["whose uses are noted for less than a year stays", { trackedFor: 300 }, []],
  ["that a Pod mounts stays", { isMounted: true }, []],
  ["that somebody made by hand stays", { isMadeForAccount: false }, []],
  ["without force for a month stays", { labels: { [invalidSince]: on(30) } }, []],
  ["without force for a year goes", { labels: { [invalidSince]: on(366) } }, ["delete robot-token"]],
  ["with a mark that can't be read is marked anew", { labels: { [invalidSince]: "soon" } }, ["patch robot-token"]],
] as const)("a token %s", (_, facts: Facts, verbs) => {
  expect(decide(facts)).toEqual(verbs);
});
