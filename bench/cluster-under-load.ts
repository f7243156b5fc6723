import { readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import type { Credentials } from "./load/http2-connection.ts";

/** Where a cluster's API is, and its administrator's credentials. */
export function accessTo(data: string): { readonly origin: string; readonly credentials: Credentials } {
  const { clusters, users } = load(readFileSync(join(data, "kubeconfig"), "utf8")) as {
    readonly clusters: readonly [{ readonly cluster: Readonly<Record<string, string>> }];
    readonly users: readonly [{ readonly user: Readonly<Record<string, string>> }];
  };
  const pem = (base64: string | undefined): string => Buffer.from(base64 ?? "", "base64").toString();
  const [{ cluster }] = clusters;
  const [{ user }] = users;
  return {
    origin: cluster["server"] ?? "",
    credentials: {
      ca: pem(cluster["certificate-authority-data"]),
      cert: pem(user["client-certificate-data"]),
      key: pem(user["client-key-data"]),
    },
  };
}
