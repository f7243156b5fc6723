import type { Instant } from "@kubets/machinery";
import { expect, test } from "vitest";
import { quantitiesOf, readSummary } from "./usage.ts";

const noon = 1_800_000_000_000 as Instant;
const figures = (nanoCores: number, bytes: number): object => ({
  cpu: { time: "2027-01-15T07:59:50Z", usageNanoCores: nanoCores },
  memory: { time: "2027-01-15T07:59:50Z", workingSetBytes: bytes },
});
const pod = (name: string, ...containers: readonly object[]): object => ({
  podRef: { name, namespace: "default", uid: name },
  containers: containers.map((container, index) => ({ name: `c${index}`, ...container })),
});

test("a kubelet's summary says what each container uses, and the node what it uses itself", () => {
  expect(readSummary({ node: figures(900, 9000), pods: [pod("web", figures(1, 10), figures(2, 20))] }, noon)).toEqual({
    node: { nanoCores: 900, bytes: 9000 },
    at: noon - 10_000,
    pods: [
      {
        name: "web",
        namespace: "default",
        uid: "web",
        at: noon - 10_000,
        containers: [
          { name: "c0", nanoCores: 1, bytes: 10 },
          { name: "c1", nanoCores: 2, bytes: 20 },
        ],
      },
    ],
  });
});

test("Pods of which a container isn't measured yet are unknown, and a node that isn't measured uses what its Pods do", () => {
  const summary = { node: { nodeName: "n1" }, pods: [pod("new", figures(1, 10), {}), pod("web", figures(3, 30)), pod("empty")] };
  const { node, pods } = readSummary(summary, noon);
  expect(node).toEqual({ nanoCores: 3, bytes: 30 });
  expect(pods.map(({ name }) => name)).toEqual(["web"]);
});

test("amounts are written as metrics servers write them", () => {
  expect(quantitiesOf({ nanoCores: 1_500_000.4, bytes: 1025 })).toEqual({ cpu: "1500000n", memory: "2Ki" });
  expect(quantitiesOf({ nanoCores: 0, bytes: 0 })).toEqual({ cpu: "0", memory: "0" });
});
