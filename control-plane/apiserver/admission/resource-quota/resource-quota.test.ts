import { PersistentVolumeClaimKind, PodKind, ResourceQuotaKind, ServiceKind, StorageClassKind } from "@kubets/api";
import { describe, expect, test } from "vitest";
import { asRead, type FixedReader } from "../../authorization/testing/fixed-reader.ts";
import { admit, aPod, cluster, container } from "../testing/admit.ts";

function withQuota(hard: Readonly<Record<string, string>>, used: Readonly<Record<string, string>>, spec: object = {}): FixedReader {
  const reader = cluster();
  reader.put(ResourceQuotaKind, { metadata: { name: "compute", namespace: "shop" }, spec: { hard, ...spec }, status: { hard, used } });
  return reader;
}

const usedOf = (reader: FixedReader) => reader.get(ResourceQuotaKind, "shop", "compute")?.status.used;
const pod = (uid: string, requests: object) =>
  aPod({ containers: [{ ...container, resources: { requests } }] as never }, { name: uid, uid });

describe("ResourceQuota", () => {
  test("reserves what is created in the status of the quota", async () => {
    const reader = withQuota({ pods: "2", "requests.cpu": "1" }, { pods: "1", "requests.cpu": "250m" });
    await admit(reader, PodKind, { object: pod("web", { cpu: "500m" }) });
    expect(usedOf(reader)).toEqual({ pods: "2", "requests.cpu": "750m" });
  });

  test("refuses what is more than the quota allows, and says by how much", async () => {
    const reader = withQuota(
      { pods: "5", "requests.cpu": "1", "requests.memory": "1Gi" },
      { pods: "1", "requests.cpu": "750m", "requests.memory": "0" },
    );
    await expect(admit(reader, PodKind, { object: pod("web", { cpu: "500m", memory: "2Gi" }) })).rejects.toMatchObject({
      code: 403,
      message:
        'pods "web" is forbidden: exceeded quota: compute, requested: requests.cpu=500m,requests.memory=2Gi, ' +
        "used: requests.cpu=750m,requests.memory=0, limited: requests.cpu=1,requests.memory=1Gi",
    });
    expect(usedOf(reader)).toEqual({ pods: "1", "requests.cpu": "750m", "requests.memory": "0" });
  });

  test("what is there counts, whatever the status says", async () => {
    const reader = withQuota({ pods: "1" }, { pods: "0" });
    reader.put(PodKind, { metadata: { name: "old", namespace: "shop" }, spec: { containers: [container] } });
    await expect(admit(reader, PodKind, { object: pod("web", {}) })).rejects.toThrow("used: pods=1, limited: pods=1");
  });

  test("a dry run is judged, and reserves nothing", async () => {
    const reader = withQuota({ pods: "1" }, { pods: "0" });
    await admit(reader, PodKind, { object: pod("web", {}), dryRun: true });
    expect(usedOf(reader)).toEqual({ pods: "0" });
  });

  test("where cpu is limited, every container must say how much it takes", async () => {
    const reader = withQuota({ "limits.cpu": "4", "requests.memory": "1Gi" }, { "limits.cpu": "0", "requests.memory": "0" });
    await expect(admit(reader, PodKind, { object: pod("web", {}) })).rejects.toThrow(
      'pods "web" is forbidden: failed quota: compute: must specify limits.cpu for: main; requests.memory for: main',
    );
  });

  test("an object that is in none of the quota's scopes is let in", async () => {
    const reader = withQuota({ pods: "0" }, { pods: "0" }, { scopes: ["Terminating"] });
    await admit(reader, PodKind, { object: pod("web", {}) });
    await expect(admit(reader, PodKind, { object: aPod({ activeDeadlineSeconds: 5 }) })).rejects.toThrow("exceeded quota: compute");
  });

  test("a Service that becomes one of node ports is charged for them", async () => {
    const reader = withQuota({ services: "1", "services.nodeports": "1" }, { services: "1", "services.nodeports": "0" });
    const ports = (count: number) => Array.from({ length: count }, (_, index) => ({ name: `p${index}`, port: 80 + index }));
    const service = (type: "ClusterIP" | "NodePort", count: number) =>
      asRead(ServiceKind, { metadata: { name: "web", namespace: "shop" }, spec: { type, ports: ports(count) } });
    const change = (count: number) =>
      admit(reader, ServiceKind, { operation: "UPDATE", previous: service("ClusterIP", count), object: service("NodePort", count) });
    await expect(change(2)).rejects.toThrow("requested: services.nodeports=2, used: services.nodeports=0, limited: services.nodeports=1");
    await change(1);
    expect(usedOf(reader)).toEqual({ services: "1", "services.nodeports": "1" });
  });

  test("a claim that grows is charged for what it grows by", async () => {
    const reader = withQuota({ "requests.storage": "3Gi" }, { "requests.storage": "1Gi" });
    const claim = (storage: string) =>
      asRead(PersistentVolumeClaimKind, {
        metadata: { name: "data", namespace: "shop" },
        spec: { resources: { requests: { storage } }, storageClassName: "fast" },
        status: { phase: "Bound" },
      });
    reader.put(StorageClassKind, { metadata: { name: "fast" }, provisioner: "example.com/disk", allowVolumeExpansion: true });
    const grow = (storage: string) =>
      admit(reader, PersistentVolumeClaimKind, { operation: "UPDATE", previous: claim("1Gi"), object: claim(storage) });
    await expect(grow("4Gi")).rejects.toThrow("requested: requests.storage=3Gi, used: requests.storage=1Gi, limited: requests.storage=3Gi");
    await grow("3Gi");
    expect(usedOf(reader)).toEqual({ "requests.storage": "3Gi" });
  });
});
