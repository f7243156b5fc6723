import { formatQuantity } from "@kubets/machinery";
import { describe, expect, test } from "vitest";
import { podHostPorts } from "./host-ports.ts";
import type { Pod } from "./pod.ts";
import { podQosClass } from "./qos.ts";
import { podLimits, podRequests } from "./requests.ts";
import type { ResourceAmounts } from "./resource-amounts.ts";
import { aContainer, aPod } from "./testing/pods.ts";

type Json = Readonly<Record<string, unknown>>;

function shown(amounts: ResourceAmounts): Readonly<Record<string, string>> {
  return Object.fromEntries([...amounts].map(([name, amount]) => [name, formatQuantity(amount)]));
}

const asking = (cpu: string, more: Json = {}): Json => aContainer({ resources: { requests: { cpu } }, ...more });
const sidecar = { restartPolicy: "Always" };

describe("what a Pod asks for", () => {
  const cases: readonly (readonly [sentence: string, pod: Parameters<typeof aPod>[0], expected: Json])[] = [
    ["is nothing when its containers ask for nothing", {}, {}],
    ["is the sum over its containers", { spec: { containers: [asking("100m"), asking("1")] } }, { cpu: "1100m" }],
    [
      "is what the greatest init container needs, if that is more",
      { spec: { containers: [asking("1")], initContainers: [asking("2"), asking("1")] } },
      { cpu: "2" },
    ],
    [
      "counts sidecars beside the containers",
      { spec: { containers: [asking("1")], initContainers: [asking("500m", sidecar)] } },
      { cpu: "1500m" },
    ],
    [
      "counts sidecars beside the init containers that come after them",
      { spec: { containers: [asking("1")], initContainers: [asking("3"), asking("500m", sidecar), asking("4")] } },
      { cpu: "4500m" },
    ],
    [
      "includes its overhead",
      { spec: { containers: [asking("1")], overhead: { cpu: "250m", memory: "1Mi" } } },
      { cpu: "1250m", memory: "1Mi" },
    ],
    [
      "is what the whole Pod asks for, where it does",
      {
        spec: {
          containers: [aContainer({ resources: { requests: { cpu: "1", "ephemeral-storage": "1Gi" } } })],
          resources: { requests: { cpu: "2" } },
        },
      },
      { cpu: "2", "ephemeral-storage": "1Gi" },
    ],
    [
      "is the larger of what is asked and what is in force during a resize",
      {
        spec: { containers: [asking("1")] },
        status: {
          containerStatuses: [
            {
              name: "web",
              ready: true,
              restartCount: 0,
              image: "",
              imageID: "",
              resources: { requests: { cpu: "3" } },
              allocatedResources: { cpu: "2" },
            },
          ],
        },
      },
      { cpu: "3" },
    ],
    [
      "is what is in force when a resize can't be done",
      {
        spec: { containers: [asking("8")] },
        status: {
          conditions: [{ type: "PodResizePending", status: "True", reason: "Infeasible" }],
          containerStatuses: [
            {
              name: "web",
              ready: true,
              restartCount: 0,
              image: "",
              imageID: "",
              resources: { requests: { cpu: "1" } },
              allocatedResources: { cpu: "1" },
            },
          ],
        },
      },
      { cpu: "1" },
    ],
  ];
  test.each(cases)("%s", (_, pod, expected) => {
    expect(shown(podRequests(aPod(pod)))).toEqual(expected);
  });
});

test("overhead is added to what is limited at all", () => {
  const spec = { containers: [aContainer({ resources: { limits: { cpu: "1" } } })], overhead: { cpu: "250m", memory: "1Mi" } };
  expect(shown(podLimits(aPod({ spec })))).toEqual({ cpu: "1250m" });
});

describe("the quality of service", () => {
  const withResources = (...resources: readonly Json[]): Pod =>
    aPod({ spec: { containers: resources.map((each, index) => aContainer({ name: `c${index}`, resources: each })) } });
  const full = { limits: { cpu: "1", memory: "1Gi" } };
  const cases: readonly (readonly [sentence: string, pod: Pod, expected: string])[] = [
    ["is best effort when nothing is asked", withResources({}), "BestEffort"],
    ["is best effort whatever other resources are asked", withResources({ limits: { "ephemeral-storage": "1Gi" } }), "BestEffort"],
    ["is guaranteed when all is limited and asked for", withResources(full, full), "Guaranteed"],
    ["is burstable when one container is not limited", withResources(full, {}), "Burstable"],
    ["is burstable when less is asked than limited", withResources({ ...full, requests: { cpu: "500m" } }), "Burstable"],
    ["is burstable when only cpu is limited", withResources({ limits: { cpu: "1" } }), "Burstable"],
    ["follows from the whole Pod's resources where there are any", aPod({ spec: { resources: full } }), "Guaranteed"],
  ];
  test.each(cases)("%s", (_, pod, expected) => {
    expect(podQosClass(pod)).toBe(expected);
  });
});

test("a Pod takes ports of its node for containers and sidecars", () => {
  const ports = (hostPort: number, more: Json = {}): Json => ({ ports: [{ containerPort: 80, hostPort, ...more }, { containerPort: 81 }] });
  const spec = {
    containers: [aContainer(ports(8080, { protocol: "UDP", hostIP: "10.0.0.1" }))],
    initContainers: [aContainer({ ...ports(8081), ...sidecar }), aContainer(ports(8082))],
  };
  expect(podHostPorts(aPod({ spec }))).toEqual([
    { hostIP: "0.0.0.0", protocol: "TCP", port: 8081 },
    { hostIP: "10.0.0.1", protocol: "UDP", port: 8080 },
  ]);
});
