import { ConfigMapKind } from "@kubets/api";
import { expect, test } from "vitest";
import { conformanceCluster } from "../conformance-cluster.ts";

const rootCertificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
const cluster = conformanceCluster({ rootCertificate });

test("AU-005 every namespace has the cluster's CA in a ConfigMap, which comes back when it is deleted or changed", async () => {
  const configMaps = cluster.client.resource(ConfigMapKind).in(await cluster.namespace());
  const name = "kube-root-ca.crt";
  const published = () =>
    cluster.until(async () =>
      expect((await configMaps.get(name)).data).toEqual({ "ca.crt": expect.stringContaining("CERTIFICATE") as string }),
    );
  await published();
  const { data } = await configMaps.get(name);
  await configMaps.delete(name);
  await published();
  await configMaps.patch(name, { data: { "ca.crt": "" } }, { type: "merge" });
  await cluster.until(async () => expect((await configMaps.get(name)).data).toEqual(data));
});
