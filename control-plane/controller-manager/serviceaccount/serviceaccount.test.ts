import { NamespaceKind, ServiceAccountKind } from "@kubets/api";
import { expect, test } from "vitest";
import { anObject } from "../testing/objects.ts";
import { reconcile } from "./index.ts";

const namespace = (phase: "Active" | "Terminating") => anObject(NamespaceKind, "team", { status: { phase } });

test("a namespace without the service account default gets it", () => {
  const { actions } = reconcile({ namespace: namespace("Active"), serviceAccount: undefined });
  expect(actions).toMatchObject([
    { verb: "create", kind: { kind: "ServiceAccount" }, object: { metadata: { name: "default", namespace: "team" } } },
  ]);
});

test("a namespace that has it, or is on its way out, gets nothing", () => {
  const serviceAccount = anObject(ServiceAccountKind, "default");
  expect(reconcile({ namespace: namespace("Active"), serviceAccount }).actions).toEqual([]);
  expect(reconcile({ namespace: namespace("Terminating"), serviceAccount: undefined }).actions).toEqual([]);
});
