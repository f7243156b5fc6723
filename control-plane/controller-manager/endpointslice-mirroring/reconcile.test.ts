import { type Endpoints, EndpointsKind, type EndpointSlice, EndpointSliceKind, type Service } from "@kubets/api";
import type { Action } from "@kubets/client";
import { seededRandom } from "@kubets/machinery";
import { expect, test } from "vitest";
import { ago, anObject, aService, noon, verbsOf } from "../testing/objects.ts";
import { reconcile } from "./reconcile.ts";

const ports = [{ name: "http", port: 8080, protocol: "TCP" }];
const some = [{ addresses: [{ ip: "10.0.0.1", nodeName: "n1" }], notReadyAddresses: [{ ip: "10.0.0.2" }], ports }];
const endpoints = (subsets: readonly object[] = some, metadata: object = {}): Endpoints =>
  anObject(EndpointsKind, "web", { metadata, subsets });
const byHand = (): Service => aService({ selector: undefined });
interface Facts {
  readonly of?: Endpoints | undefined;
  readonly service?: Service | undefined;
  readonly slices?: readonly EndpointSlice[];
}
const decide = (facts: Facts): readonly Action[] =>
  reconcile({ endpoints: endpoints(), service: byHand(), slices: [], ...("of" in facts ? { endpoints: facts.of } : {}), ...facts }, noon, {
    random: seededRandom(1),
  }).actions;
/** The slices that are made of Endpoints. */
function mirrored(of: Endpoints = endpoints()): readonly EndpointSlice[] {
  return decide({ of }).flatMap((action, index) => {
    if (action.verb !== "create") return [];
    const body = action.object as unknown as Readonly<Record<string, unknown>>;
    return [anObject(EndpointSliceKind, `made-${index}`, { ...body, metadata: { ...action.object.metadata, name: `made-${index}` } })];
  });
}

test("a slice says what Endpoints say", () => {
  const annotations = {
    "example.com/note": "kept",
    "endpoints.kubernetes.io/last-change-trigger-time": ago(1),
    "kubectl.kubernetes.io/last-applied-configuration": "{}",
  };
  const [slice] = mirrored(endpoints(some, { labels: { app: "web" }, annotations }));
  expect(slice).toMatchObject({
    metadata: {
      generateName: "web-",
      labels: {
        app: "web",
        "kubernetes.io/service-name": "web",
        "endpointslice.kubernetes.io/managed-by": "endpointslicemirroring-controller.k8s.io",
      },
      ownerReferences: [{ apiVersion: "v1", kind: "Endpoints", name: "web", controller: true }],
    },
    addressType: "IPv4",
    ports,
    endpoints: [
      { addresses: ["10.0.0.1"], conditions: { ready: true }, nodeName: "n1" },
      { addresses: ["10.0.0.2"], conditions: { ready: false } },
    ],
  });
  expect(slice!.metadata.annotations).toEqual({ "example.com/note": "kept" });
});

test("each family and each set of ports has a slice of its own, and an address of a group stands in it once", () => {
  const https = [{ name: "https", port: 8443, protocol: "TCP" }];
  const addresses = [{ ip: "10.0.0.1" }, { ip: "10.0.0.1" }, { ip: "FD00::1" }];
  const slices = mirrored(
    endpoints([
      { addresses, ports },
      { addresses: [{ ip: "10.0.0.3" }], ports: https },
    ]),
  );
  expect(
    slices.map(({ addressType, ports: [port], endpoints: all }) => [addressType, port!.port, ...all.flatMap((each) => each.addresses)]),
  ).toEqual([
    ["IPv4", 8080, "10.0.0.1"],
    ["IPv6", 8080, "fd00::1"],
    ["IPv4", 8443, "10.0.0.3"],
  ]);
});

test("what is right is not written again; what changed is written where it stands", () => {
  const slices = mirrored();
  expect(decide({ slices })).toEqual([]);
  const others = [{ addresses: [{ ip: "10.0.0.9" }], ports: [{ name: "http", port: 9090, protocol: "TCP" }] }];
  expect(verbsOf(decide({ of: endpoints(others), slices }))).toEqual(["update made-0"]);
  expect(verbsOf(decide({ of: endpoints(some, { labels: { app: "other" } }), slices }))).toEqual(["update made-0"]);
  expect(verbsOf(decide({ of: endpoints([{ addresses: [{ ip: "fd00::1" }], ports }]), slices }))).toEqual([
    "create EndpointSlice",
    "delete made-0",
  ]);
});

test.each<readonly [string, Facts]>([
  ["the Endpoints go", { of: undefined }],
  ["they ask not to be mirrored", { of: endpoints(some, { labels: { "endpointslice.kubernetes.io/skip-mirror": "true" } }) }],
  ["they only hold a lease", { of: endpoints(some, { annotations: { "control-plane.alpha.kubernetes.io/leader": "{}" } }) }],
  ["they have no Service", { service: undefined }],
  ["the Service gets a selector", { service: aService() }],
  ["nothing is left in them", { of: endpoints([]) }],
])("slices go when %s", (_when, facts) => {
  expect(verbsOf(decide({ ...facts, slices: mirrored() }))).toEqual(["delete made-0"]);
});

test("addresses that are none, and those beyond a thousand, are left out and told of", () => {
  const invalid = decide({ of: endpoints([{ addresses: [{ ip: "10.0.0.1" }, { ip: "nonsense" }], ports }]) });
  expect(invalid.slice(1)).toMatchObject([
    { reason: "InvalidIPAddress", message: "Skipped 1 invalid IP addresses when mirroring to EndpointSlices" },
  ]);
  const addresses = Array.from({ length: 1002 }, (_, index) => ({ ip: `10.0.${index >> 8}.${index & 255}` }));
  const [slice, event] = decide({ of: endpoints([{ addresses, ports }]) });
  expect((slice as unknown as { object: EndpointSlice }).object.endpoints).toHaveLength(1000);
  expect(event).toMatchObject({
    reason: "TooManyAddressesToMirror",
    message: "A max of 1000 addresses can be mirrored to EndpointSlices per Endpoints subset. 2 addresses were skipped",
  });
});
