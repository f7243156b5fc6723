import { createServer } from "node:net";
import { createTasks, silent } from "@kubets/machinery";
import { turn } from "@kubets/machinery/node";
import { afterEach, expect, test } from "vitest";
import { plan } from "../plan.ts";
import type { Ruleset } from "../ruleset.ts";
import { aNode, anEndpoint, aService, aSlice } from "../testing/objects.ts";
import { type ServiceHealthListeners, serviceHealthListeners } from "./health-server.ts";

const tasks = createTasks({ turn });
const address = "127.0.0.1";
let listeners: ServiceHealthListeners | undefined;
afterEach(() => listeners?.[Symbol.asyncDispose]());

const rulesOf = (port: number, nodeOfEndpoint: string): Ruleset => {
  const service = aService({ type: "LoadBalancer", externalTrafficPolicy: "Local", healthCheckNodePort: port });
  return plan([service], [aSlice({ endpoints: [anEndpoint("10.244.0.5", { nodeName: nodeOfEndpoint })] })], aNode);
};
const ask = async (port: number): Promise<unknown> => {
  try {
    const answer = await fetch(`http://${address}:${port}/`);
    return [answer.status, await answer.json()];
  } catch {
    return "nobody listens";
  }
};

test("a load balancer is told whether the node has endpoints of the Service, for as long as the Service wants to be asked", async () => {
  let isHealthy = true;
  listeners = serviceHealthListeners({ address, isProxyHealthy: () => isHealthy, tasks, logger: silent });
  const port = await freePort();
  const told = (localEndpoints: number, serviceProxyHealthy = true): unknown => ({
    service: { namespace: "default", name: "web" },
    localEndpoints,
    serviceProxyHealthy,
  });
  listeners.follow(rulesOf(port, aNode.name));
  await tasks.settle();
  expect(await ask(port)).toEqual([200, told(1)]);
  isHealthy = false;
  expect(await ask(port)).toEqual([503, told(1, false)]);
  isHealthy = true;
  listeners.follow(rulesOf(port, "another"));
  expect(await ask(port)).toEqual([503, told(0)]);
  listeners.follow(plan([], [], aNode));
  await tasks.settle();
  expect(await ask(port)).toBe("nobody listens");
});

test("a port that another program has is left to it, and taken when the rules change after it is free", async () => {
  const taken = await freePort();
  const other = createServer().listen(taken, address);
  listeners = serviceHealthListeners({ address, isProxyHealthy: () => true, tasks, logger: silent });
  listeners.follow(rulesOf(taken, aNode.name));
  await tasks.settle();
  await new Promise((resolve) => other.close(resolve));
  expect(await ask(taken)).toBe("nobody listens");
  listeners.follow(rulesOf(taken, aNode.name));
  await tasks.settle();
  expect(await ask(taken)).toMatchObject([200, { localEndpoints: 1 }]);
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, address, () => {
      const bound = probe.address();
      probe.close(() => resolve(typeof bound === "object" && bound !== null ? bound.port : 0));
    });
  });
}
