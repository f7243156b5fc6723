import { SecretKind } from "@kubets/api";
import { testCluster } from "@kubets/testkit/vitest";
import { expect, test } from "vitest";
import { rotateSecrets } from "./rotate-secrets.ts";

test("in thirty days a Secret that rotates weekly has had five passwords", async () => {
  const cluster = await testCluster({ nodes: 0, operators: [rotateSecrets] });
  const secrets = cluster.client.resource(SecretKind).in("default");
  await secrets.create({ metadata: { name: "database", annotations: { "example.com/rotate-every": "168h" } } });
  await secrets.create({ metadata: { name: "untouched" }, data: { password: "c2VjcmV0" } });
  const passwords = new Set<string | undefined>();
  for (let day = 0; day < 30; day++) {
    await cluster.settle();
    passwords.add((await secrets.get("database")).data?.["password"]);
    await cluster.clock.advance("1d");
  }
  expect([passwords.size, passwords.has(undefined)]).toEqual([5, false]);
  expect((await secrets.get("untouched")).data).toEqual({ password: "c2VjcmV0" });
});
