import { createHmac } from "node:crypto";
import { ConfigMapKind, SecretKind } from "@kubets/api";
import { base64OfText } from "@kubets/machinery";
import { expect, test } from "vitest";
import { ago, anObject, noon } from "../testing/objects.ts";
import { reconcile } from "./index.ts";

const kubeconfig = "apiVersion: v1\nkind: Config\n";

function token(id: string, { expiration = ago(-60), signing = "true" } = {}) {
  const text = { "token-id": id, "token-secret": "0123456789abcdef", expiration, "usage-bootstrap-signing": signing };
  const data = Object.fromEntries(Object.entries(text).map(([key, value]) => [key, base64OfText(value)]));
  const metadata = { namespace: "kube-system" };
  return anObject(SecretKind, `bootstrap-token-${id}`, { metadata, type: "bootstrap.kubernetes.io/token", data });
}

const signed = (data: Readonly<Record<string, string>>, tokens: readonly ReturnType<typeof token>[]) => {
  const clusterInfo = anObject(ConfigMapKind, "cluster-info", { metadata: { namespace: "kube-public" }, data });
  const [action] = reconcile({ clusterInfo, tokens }, noon).actions;
  return action?.verb === "update" ? (action.object as typeof clusterInfo).data : undefined;
};

test("every token that may sign signs what is said of the cluster, as a verifier of JWS reads it", () => {
  const data = signed({ kubeconfig }, [token("abcdef"), token("silent", { signing: "false" }), token("ended1", { expiration: ago(1) })]);
  expect(Object.keys(data ?? {})).toEqual(["kubeconfig", "jws-kubeconfig-abcdef"]);
  const [header = "", content, signature] = (data?.["jws-kubeconfig-abcdef"] ?? "").split(".");
  expect([JSON.parse(Buffer.from(header, "base64url").toString()), content]).toEqual([{ alg: "HS256", kid: "abcdef" }, ""]);
  const payload = `${header}.${Buffer.from(kubeconfig).toString("base64url")}`;
  expect(signature).toBe(createHmac("sha256", "0123456789abcdef").update(payload).digest("base64url"));
});

test("signatures of tokens that are gone go, and nothing is written when all is signed", () => {
  const once = signed({ kubeconfig, "jws-kubeconfig-gone00": "x" }, [token("abcdef")])!;
  expect(Object.keys(once)).toEqual(["kubeconfig", "jws-kubeconfig-abcdef"]);
  expect(signed(once, [token("abcdef")])).toBeUndefined();
  expect(signed({}, [token("abcdef")])).toBeUndefined();
});
