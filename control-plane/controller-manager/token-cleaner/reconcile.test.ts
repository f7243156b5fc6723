import { SecretKind } from "@kubets/api";
import { expect, test } from "vitest";
import { ago, anObject, noon, verbsOf } from "../testing/objects.ts";
import { reconcile } from "./index.ts";

const token = (expiration: string, { namespace = "kube-system", type = "bootstrap.kubernetes.io/token" } = {}) =>
  anObject(SecretKind, "bootstrap-token-abcdef", { metadata: { namespace }, type, data: { expiration: btoa(expiration) } });

test.each([
  ["has expired", token(ago(1)), ["delete bootstrap-token-abcdef"], undefined],
  ["lasts a minute", token(ago(-60)), [], 60_000],
  ["says no time", token(""), [], undefined],
  ["says no readable time", token("soon"), ["delete bootstrap-token-abcdef"], undefined],
  ["is in another namespace", token(ago(1), { namespace: "default" }), [], undefined],
  ["is of another type", token(ago(1), { type: "Opaque" }), [], undefined],
])("a token that %s", (_, secret, verbs, requeueAfter) => {
  const decision = reconcile(secret, noon);
  expect([verbsOf(decision.actions), decision.requeueAfter]).toEqual([verbs, requeueAfter]);
});
