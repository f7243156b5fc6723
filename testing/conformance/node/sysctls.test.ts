import { PodKind } from "@kubets/api";
import { isStatus } from "@kubets/machinery";
import { expect, test } from "vitest";
import { conformanceCluster } from "../conformance-cluster.ts";
import { aPod } from "../workloads.ts";

const cluster = conformanceCluster();

test("NO-093 a Pod with badly named sysctls is refused, for each of them and for no other", async () => {
  const pods = cluster.client.resource(PodKind).in(await cluster.namespace());
  const sysctls = ["foo-", "kernel.shmmax", "safe-and-unsafe", "bar.."].map((name) => ({ name, value: "1" }));
  const error: unknown = await pods.create(aPod("web", {}, { securityContext: { sysctls } })).catch((thrown: unknown) => thrown);
  if (!isStatus(error, "Invalid")) throw error;
  const fields = error.details?.causes?.map(({ field }) => field);
  expect(fields).toEqual(["spec.securityContext.sysctls[0].name", "spec.securityContext.sysctls[3].name"]);
});
