import type { Instant, Response } from "@kubets/machinery";
import { expect, test } from "vitest";
import { serviceHealthAnswer, serviceHealthChecks } from "./health.ts";
import { plan } from "./plan.ts";
import { aNode, anEndpoint, aService, aSlice } from "./testing/objects.ts";
import { isHealthy } from "./health.ts";

test("a load balancer hears of a node's endpoints, as long as its proxy works", () => {
  const service = aService({ type: "LoadBalancer", externalTrafficPolicy: "Local", healthCheckNodePort: 31000 });
  const [check] = serviceHealthChecks(plan([service], [aSlice({ endpoints: [anEndpoint("10.244.0.5")] })], aNode));
  expect(check).toEqual({ service: "default/web", nodePort: 31000, localEndpoints: 1 });
  expect(told(serviceHealthAnswer(check!, true))).toEqual([
    200,
    { service: { namespace: "default", name: "web" }, localEndpoints: 1, serviceProxyHealthy: true },
  ]);
  expect(told(serviceHealthAnswer(check!, false))[0]).toBe(503);
  expect(told(serviceHealthAnswer({ ...check!, localEndpoints: 0 }, true))[0]).toBe(503);
});

test("a proxy is healthy as long as no rules wait for more than two minutes", () => {
  const facts = { lastUpdated: 0 as Instant, isNodeEligible: true };
  const noon = 43_200_000 as Instant;
  expect(isHealthy(facts, noon)).toBe(true);
  expect(isHealthy({ ...facts, waitingSince: (noon - 119_000) as Instant }, noon)).toBe(true);
  expect(isHealthy({ ...facts, waitingSince: (noon - 120_000) as Instant }, noon)).toBe(false);
});

function told({ status, body }: Response): readonly [number, unknown] {
  if (body.kind !== "bytes") throw new Error("expected bytes");
  return [status, JSON.parse(new TextDecoder().decode(body.bytes()))];
}
