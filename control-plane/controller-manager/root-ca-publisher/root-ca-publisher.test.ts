import { type ConfigMap, ConfigMapKind, NamespaceKind } from "@kubets/api";
import { expect, test } from "vitest";
import { anObject, verbsOf } from "../testing/objects.ts";
import { reconcile } from "./index.ts";

const namespace = (phase: "Active" | "Terminating") => anObject(NamespaceKind, "team", { status: { phase } });
const configMap = (data: Readonly<Record<string, string>>): ConfigMap => anObject(ConfigMapKind, "kube-root-ca.crt", { data });

test.each([
  ["without the certificate gets it", undefined, ["create ConfigMap"]],
  ["with the certificate is left alone", { "ca.crt": "PEM" }, []],
  ["with another certificate gets the right one", { "ca.crt": "OLD" }, ["update kube-root-ca.crt"]],
  ["with more than the certificate gets just that", { "ca.crt": "PEM", more: "" }, ["update kube-root-ca.crt"]],
])("a namespace %s", (_rule, data, verbs) => {
  const observed = {
    namespace: namespace("Active"),
    configMap: data === undefined ? undefined : configMap(data as Record<string, string>),
  };
  expect(verbsOf(reconcile(observed, "PEM").actions)).toEqual(verbs);
});

test("a namespace on its way out gets nothing any more", () => {
  expect(reconcile({ namespace: namespace("Terminating"), configMap: undefined }, "PEM").actions).toEqual([]);
});
