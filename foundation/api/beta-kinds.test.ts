import type { Kind } from "@kubets/machinery";
import { expect, test } from "vitest";
import { ClusterTrustBundleKind } from "./certificates/cluster-trust-bundle.ts";
import { PodCertificateRequestKind } from "./certificates/pod-certificate-request.ts";
import { LeaseCandidateKind } from "./coordination/lease-candidate.ts";
import { DeviceTaintRuleKind } from "./resource/device-taint-rule.ts";
import { StorageVersionMigrationKind } from "./storagemigration/storage-version-migration.ts";
import { aCertificate, anUnsignedRequest } from "./testing/certificates.ts";
import { type Body, problemsOf, problemsOfStatusUpdate } from "./testing/kind-under-test.ts";

const anchor = aCertificate({ isAuthority: true });
const podRequest = {
  signerName: "example.com/signer",
  podName: "web",
  podUID: "1",
  serviceAccountName: "default",
  serviceAccountUID: "2",
  nodeName: "node-1",
  nodeUID: "3",
  stubPKCS10Request: anUnsignedRequest(),
};
const candidate = { leaseName: "a", binaryVersion: "1.36.0", emulationVersion: "1.35.0", strategy: "OldestEmulationVersion" };

test.each<readonly [string, Kind, Body, readonly string[]]>([
  ["a bundle", ClusterTrustBundleKind as never, { spec: { trustBundle: anchor } }, []],
  [
    "a bundle of a signer",
    ClusterTrustBundleKind as never,
    { metadata: { name: "example.com:signer:a" }, spec: { signerName: "example.com/signer", trustBundle: anchor } },
    [],
  ],
  [
    "a bundle of a signer under another name",
    ClusterTrustBundleKind as never,
    { spec: { signerName: "example.com/signer", trustBundle: anchor } },
    [
      'metadata.name: Invalid value: "web": ClusterTrustBundle for signerName example.com/signer must be named with prefix example.com:signer:',
    ],
  ],
  [
    "a certificate that is no authority's",
    ClusterTrustBundleKind as never,
    { spec: { trustBundle: aCertificate({ isAuthority: false }) } },
    ['spec.trustBundle: Invalid value: "<value omitted>": entry 0 does not have the CA bit set'],
  ],
  [
    "an anchor twice",
    ClusterTrustBundleKind as never,
    { spec: { trustBundle: anchor + anchor } },
    ['spec.trustBundle: Invalid value: "<value omitted>": duplicate trust anchor (indices [0 1])'],
  ],
  ["a Pod's request", PodCertificateRequestKind as never, { spec: podRequest }, []],
  [
    "a Pod's request that asks for nothing",
    PodCertificateRequestKind as never,
    { spec: { ...podRequest, stubPKCS10Request: btoa("\x30\x00") } },
    ['spec.stubPKCS10Request: Invalid value: "MAA=": must be a valid PKCS#10 CSR'],
  ],
  [
    "what is no certificate",
    ClusterTrustBundleKind as never,
    { spec: { trustBundle: anchor.replace(/MI[A-Za-z0-9+/]{4}/, "MAA=") } },
    ['spec.trustBundle: Invalid value: "<value omitted>": entry 0 does not parse as X.509'],
  ],
  [
    "a Pod's request for half an hour",
    PodCertificateRequestKind as never,
    { spec: { ...podRequest, maxExpirationSeconds: 1800 } },
    ["spec.maxExpirationSeconds: Invalid value: 1800: must be in the range [3600, 7862400]"],
  ],
  ["a candidate", LeaseCandidateKind as never, { spec: candidate }, []],
  [
    "a candidate without what its strategy asks for",
    LeaseCandidateKind as never,
    { spec: { ...candidate, emulationVersion: "" } },
    ["spec.emulationVersion: Required value: must be specified when `strategy` is 'OldestEmulationVersion'"],
  ],
  [
    "a taint rule",
    DeviceTaintRuleKind as never,
    { spec: { deviceSelector: { driver: "gpu.example.com" }, taint: { key: "a", effect: "NoExecute" } } },
    [],
  ],
  [
    "a taint rule with an unknown effect",
    DeviceTaintRuleKind as never,
    { spec: { taint: { key: "a", effect: "Never" } } },
    ['spec.taint.effect: Unsupported value: "Never": supported values: "NoExecute", "NoSchedule", "None"'],
  ],
  [
    "a migration of nothing",
    StorageVersionMigrationKind as never,
    { spec: { resource: { group: "apps", resource: "" } } },
    ["spec.resource.resource: Required value: resource is required"],
  ],
])("%s", (_what, kind, body, problems) => {
  expect(problemsOf(kind, body)).toEqual(problems);
});

test("a migration that succeeded neither runs nor fails", () => {
  const spec = { resource: { group: "apps", resource: "deployments" } };
  const status = (...types: readonly string[]): Body => ({
    spec,
    status: {
      conditions: types.map((type) => ({ type, status: "True", reason: "A", message: "", lastTransitionTime: "2026-06-01T11:00:00Z" })),
    },
  });
  const problems = problemsOfStatusUpdate(StorageVersionMigrationKind, status("Succeeded"), status("Running"));
  expect(problems.map((problem) => problem.split(": ").at(-1))).toEqual(["Success condition cannot be set to false once it is true"]);
});
