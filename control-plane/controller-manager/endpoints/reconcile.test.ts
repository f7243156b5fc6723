import { type Endpoints, EndpointsKind } from "@kubets/api";
import type { Action } from "@kubets/client";
import { expect, test } from "vitest";
import { anObject, aPod, aService, ago, verbsOf } from "../testing/objects.ts";
import { reconcile } from "./reconcile.ts";

const written = (actions: readonly Action[]): Endpoints => {
  const [action] = actions;
  if (action?.verb !== "create" && action?.verb !== "update") throw new Error("nothing was written");
  return anObject(EndpointsKind, "web", action.object as unknown as Readonly<Record<string, unknown>>);
};
const decide = (pods: Parameters<typeof aPod>[], service = aService()): Endpoints =>
  written(reconcile({ service, pods: pods.map((each) => aPod(...each)), endpoints: undefined }).actions);
const addresses = ({ subsets = [] }: Endpoints): unknown =>
  subsets.map(({ addresses: ready, notReadyAddresses, ports }) => ({
    ports: ports?.map(({ port }) => port),
    ...(ready === undefined ? {} : { ready: ready.map(({ ip }) => ip) }),
    ...(notReadyAddresses === undefined ? {} : { notReady: notReadyAddresses.map(({ ip }) => ip) }),
  }));

test("ready Pods and Pods that aren't stand apart, each list in order", () => {
  const endpoints = decide([
    ["c", { ip: "10.0.0.3", readyFor: 5 }],
    ["b", { ip: "10.0.0.2" }],
    ["a", { ip: "10.0.0.1", readyFor: 5 }],
  ]);
  expect(addresses(endpoints)).toEqual([{ ports: [8080], ready: ["10.0.0.1", "10.0.0.3"], notReady: ["10.0.0.2"] }]);
});

test("a Pod on its way out has no address, unless readiness doesn't matter", () => {
  const leaving: Parameters<typeof aPod> = ["a", { ip: "10.0.0.1", readyFor: 5, deleting: true }];
  expect(addresses(decide([leaving]))).toEqual([]);
  expect(addresses(decide([leaving], aService({ publishNotReadyAddresses: true })))).toEqual([{ ports: [8080], ready: ["10.0.0.1"] }]);
});

test("Pods whose port of a name has another number stand in a subset of their own", () => {
  const service = aService({ ports: [{ name: "http", port: 80, targetPort: "web", protocol: "TCP" }] });
  const endpoints = decide(
    [
      ["a", { ip: "10.0.0.1", readyFor: 5, ports: { web: 8080 } }],
      ["b", { ip: "10.0.0.2", readyFor: 5, ports: { web: 9090 } }],
      ["without", { ip: "10.0.0.3", readyFor: 5 }],
    ],
    service,
  );
  expect(addresses(endpoints)).toEqual([
    { ports: [8080], ready: ["10.0.0.1"] },
    { ports: [9090], ready: ["10.0.0.2"] },
  ]);
});

test("more than a thousand addresses are cut, ready ones kept first, and that is said", () => {
  const pods = Array.from({ length: 1010 }, (_, index) =>
    aPod(`p${index}`, { ip: `10.1.${index >> 8}.${index & 255}`, ...(index < 600 ? { readyFor: 9 } : {}) }),
  );
  const endpoints = written(reconcile({ service: aService(), pods, endpoints: undefined }).actions);
  const [subset] = endpoints.subsets!;
  expect([subset!.addresses!.length, subset!.notReadyAddresses!.length]).toEqual([600, 400]);
  expect(endpoints.metadata.annotations).toMatchObject({ "endpoints.kubernetes.io/over-capacity": "truncated" });
});

test("a headless Service without ports has addresses without ports", () => {
  const service = aService({ clusterIP: "None", clusterIPs: ["None"], ports: undefined });
  expect(addresses(decide([["a", { ip: "10.0.0.1", readyFor: 5 }]], service))).toEqual([{ ports: undefined, ready: ["10.0.0.1"] }]);
  expect(decide([], service).metadata.labels).toMatchObject({ "service.kubernetes.io/headless": "" });
});

test("what is written carries the Service's labels and when the change behind it happened", () => {
  const service = aService({}, { labels: { team: "a" } });
  const endpoints = decide([["a", { ip: "10.0.0.1", readyFor: 5 }]], service);
  expect(endpoints.metadata).toMatchObject({
    labels: { team: "a", "endpoints.kubernetes.io/managed-by": "endpoint-controller" },
    annotations: { "endpoints.kubernetes.io/last-change-trigger-time": ago(5) },
  });
});

test("Endpoints that are right are not written again", () => {
  const pods = [aPod("a", { ip: "10.0.0.1", readyFor: 5 })];
  const endpoints = decide([["a", { ip: "10.0.0.1", readyFor: 5 }]]);
  expect(reconcile({ service: aService(), pods, endpoints }).actions).toEqual([]);
});

test("Endpoints whose Service is gone go too, but not those that somebody else made", () => {
  expect(verbsOf(reconcile({ service: undefined, endpoints: decide([]) }).actions)).toEqual(["delete web"]);
  expect(reconcile({ service: undefined, endpoints: anObject(EndpointsKind, "web") }).actions).toEqual([]);
});
