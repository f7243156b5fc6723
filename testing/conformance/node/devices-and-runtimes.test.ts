import { DeviceClassKind, ResourceClaimTemplateKind, ResourceSliceKind, ResourceV1ResourceClaimKind, RuntimeClassKind } from "@kubets/api";
import { test } from "vitest";
import { exerciseOperations } from "../api-operations.ts";
import { conformanceCluster } from "../conformance-cluster.ts";

const cluster = conformanceCluster();
const claim = { devices: { requests: [{ name: "gpu", exactly: { deviceClassName: "gpu.example.com" } }] } };

test("NO-081 RuntimeClasses take every operation", async () => {
  await exerciseOperations(cluster, cluster.client.resource(RuntimeClassKind), {
    run: "no-081",
    draft: (metadata) => ({ metadata, handler: "sandbox" }),
  });
});

test("NO-103 DeviceClasses take every operation", async () => {
  await exerciseOperations(cluster, cluster.client.resource(DeviceClassKind), {
    run: "no-103",
    draft: (metadata) => ({ metadata, spec: { selectors: [{ cel: { expression: 'device.driver == "gpu.example.com"' } }] } }),
  });
});

test("NO-104 ResourceClaims take every operation", async () => {
  await exerciseOperations(cluster, cluster.client.resource(ResourceV1ResourceClaimKind).in(await cluster.namespace()), {
    run: "no-104",
    draft: (metadata) => ({ metadata, spec: claim }),
  });
});

test("NO-105 ResourceClaimTemplates take every operation", async () => {
  await exerciseOperations(cluster, cluster.client.resource(ResourceClaimTemplateKind).in(await cluster.namespace()), {
    run: "no-105",
    draft: (metadata) => ({ metadata, spec: { spec: claim } }),
  });
});

test("NO-106 ResourceSlices take every operation", async () => {
  const pool = { name: "elsewhere", generation: 1, resourceSliceCount: 1 };
  await exerciseOperations(cluster, cluster.client.resource(ResourceSliceKind), {
    run: "no-106",
    draft: (metadata) => ({ metadata, spec: { driver: "gpu.example.com", pool, nodeName: "elsewhere", devices: [{ name: "gpu-0" }] } }),
  });
});
