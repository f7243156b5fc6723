import { addressOfService, type IPAddress, IPAddressKind, type ServiceCIDR, ServiceCIDRKind } from "@kubets/api";
import { expect, test } from "vitest";
import { ago, anObject, noon } from "../testing/objects.ts";
import { reconcile } from "./index.ts";

const finalizer = "networking.k8s.io/service-cidr-finalizer";
const aRange = (name: string, cidr: string, metadata: object = {}): ServiceCIDR =>
  anObject(ServiceCIDRKind, name, { metadata: { finalizers: [finalizer], ...metadata }, spec: { cidrs: [cidr] } });
const leaving = (seconds: number): object => ({ deletionTimestamp: ago(seconds) });
const addressIn =
  (...names: readonly string[]) =>
  (): readonly IPAddress[] =>
    names.map((name) => anObject(IPAddressKind, name, addressOfService(name, { namespace: "default", name: "web" })));
const patchesOf = (...args: Parameters<typeof reconcile>): readonly unknown[] =>
  reconcile(...args).actions.map((action) => (action.verb === "patch" ? action.patch : action));

test("a new range is held, and said to be ready", () => {
  const range = aRange("more", "10.97.0.0/24", { finalizers: [] });
  expect(patchesOf({ range, others: [], addresses: addressIn() }, noon)).toEqual([
    { metadata: { uid: "more", resourceVersion: "1", finalizers: [finalizer] } },
    {
      metadata: { uid: "more" },
      status: {
        conditions: [
          { type: "Ready", status: "True", reason: "", message: "Kubernetes Service CIDR is ready", lastTransitionTime: ago(0) },
        ],
      },
    },
  ]);
});

const released = [{ metadata: { uid: "more", resourceVersion: "1", finalizers: [] } }];
const blocked = [
  {
    metadata: { uid: "more" },
    status: {
      conditions: [
        {
          type: "Ready",
          status: "False",
          reason: "Terminating",
          message: "There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR",
          lastTransitionTime: ago(0),
        },
      ],
    },
  },
];

test.each<readonly [string, readonly ServiceCIDR[], readonly string[], readonly unknown[]]>([
  ["goes when no Service has an address of it", [], [], released],
  ["stays while one has", [], ["10.97.0.5"], blocked],
  ["goes whatever addresses of others there are", [], ["10.98.0.5"], released],
  ["goes when a larger one holds all of it", [aRange("large", "10.97.0.0/16")], ["10.97.0.5"], released],
  ["goes when another one holds what is in use", [aRange("half", "10.97.0.0/25")], ["10.97.0.5"], released],
  ["stays when the other one goes as well", [aRange("half", "10.97.0.0/25", leaving(60))], ["10.97.0.5"], blocked],
])("a range on its way out %s", (_rule, others, names, expected) => {
  const range = aRange("more", "10.97.0.0/24", leaving(60));
  expect(patchesOf({ range, others, addresses: addressIn(...names) }, noon)).toEqual(expected);
});

test("it waits until every server knows that it goes", () => {
  const range = aRange("more", "10.97.0.0/24", leaving(6));
  expect(reconcile({ range, others: [], addresses: addressIn() }, noon)).toEqual({ actions: [], requeueAfter: 4000 });
});
