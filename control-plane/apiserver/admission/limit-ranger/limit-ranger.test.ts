import { LimitRangeKind, PersistentVolumeClaimKind, PodKind } from "@kubets/api";
import { expect, test } from "vitest";
import { asRead } from "../../authorization/testing/fixed-reader.ts";
import { admit, aPod, cluster, container } from "../testing/admit.ts";

function clusterWith(...limits: readonly object[]) {
  const reader = cluster();
  reader.put(LimitRangeKind, { metadata: { name: "limits", namespace: "shop" }, spec: { limits: limits as never } });
  return reader;
}

const withResources = (resources: object) => aPod({ containers: [{ ...container, resources }] as never });

test("containers that name no resources get those of the range, and an annotation says so", async () => {
  const reader = clusterWith({ type: "Container", default: { cpu: "1" }, defaultRequest: { cpu: "100m", memory: "64Mi" } });
  const { metadata, spec } = await admit(reader, PodKind, { object: withResources({ requests: { memory: "1Gi" } }) });
  expect(spec.containers[0]?.resources).toEqual({ requests: { cpu: "100m", memory: "1Gi" }, limits: { cpu: "1" } });
  expect(metadata.annotations?.["kubernetes.io/limit-ranger"]).toBe(
    "LimitRanger plugin set: cpu request for container main; cpu limit for container main",
  );
});

test.each([
  [{ min: { cpu: "1" } }, { requests: { cpu: "500m" } }, "minimum cpu usage per Pod is 1, but request is 500m"],
  [{ min: { cpu: "1" } }, {}, "minimum cpu usage per Pod is 1.  No request is specified"],
  [{ max: { cpu: "1" } }, { limits: { cpu: "2" } }, "maximum cpu usage per Pod is 1, but limit is 2"],
  [{ max: { cpu: "1" } }, {}, "maximum cpu usage per Pod is 1.  No limit is specified"],
  [
    { maxLimitRequestRatio: { cpu: "2" } },
    { requests: { cpu: "1" }, limits: { cpu: "3" } },
    "cpu max limit to request ratio per Pod is 2, but provided ratio is 3.000000",
  ],
  [
    { min: { cpu: "1", memory: "1Gi" } },
    {},
    "[minimum cpu usage per Pod is 1.  No request is specified, minimum memory usage per Pod is 1Gi.  No request is specified]",
  ],
])("a Pod outside of %j is refused", async (bounds, resources, why) => {
  await expect(admit(clusterWith({ type: "Pod", ...bounds }), PodKind, { object: withResources(resources) })).rejects.toMatchObject({
    code: 403,
    message: `pods "web" is forbidden: ${why}`,
  });
});

test("a claim is held to the least and the most storage", async () => {
  const reader = clusterWith({ type: "PersistentVolumeClaim", min: { storage: "1Gi" }, max: { storage: "2Gi" } });
  const claim = (storage: string) =>
    admit(reader, PersistentVolumeClaimKind, {
      object: asRead(PersistentVolumeClaimKind, {
        metadata: { name: "data", namespace: "shop" },
        spec: { resources: { requests: { storage } }, storageClassName: "" },
      }),
    });
  await claim("2Gi");
  await expect(claim("3Gi")).rejects.toThrow("maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi");
  await expect(claim("1Mi")).rejects.toThrow("minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 1Mi");
});
