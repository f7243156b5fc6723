import { expect, test } from "vitest";
import { couldHelp, filterSays } from "../../testing/ask.ts";
import { aNode, aPod, type PodFacts } from "../../testing/objects.ts";
import { nodePorts } from "./node-ports.ts";

type Port = NonNullable<PodFacts["hostPorts"]>[number];
const node = aNode();
const holding = (...hostPorts: readonly Port[]) => aPod({ hostPorts });

test.each<[Port, Port, boolean]>([
  [{ hostPort: 80 }, { hostPort: 80 }, false],
  [{ hostPort: 80 }, { hostPort: 81 }, true],
  [{ hostPort: 80 }, { hostPort: 80, protocol: "UDP" }, true],
  [{ hostPort: 80, hostIP: "10.0.0.1" }, { hostPort: 80, hostIP: "10.0.0.2" }, true],
  [{ hostPort: 80, hostIP: "10.0.0.1" }, { hostPort: 80, hostIP: "10.0.0.1" }, false],
  [{ hostPort: 80, hostIP: "10.0.0.1" }, { hostPort: 80 }, false],
  [{ hostPort: 80, hostIP: "0.0.0.0" }, { hostPort: 80, hostIP: "10.0.0.1" }, false],
])("%j beside %j: %s", (wanted, used, expected) => {
  const taken = "node(s) didn't have free ports for the requested pod ports";
  expect(filterSays(nodePorts, holding(wanted), node, [holding(used)])).toBe(expected ? "yes" : taken);
});

test("a Pod without host ports doesn't care", () => {
  expect(filterSays(nodePorts, aPod(), node, [holding({ hostPort: 80 })])).toBe("yes");
});

test("a Pod that leaves with the port could help, another can't", () => {
  const waiting = holding({ hostPort: 80 });
  expect([80, 81].map((hostPort) => couldHelp(nodePorts, waiting, { kind: "AssignedPodDeleted", pod: holding({ hostPort }) }))).toEqual([
    true,
    false,
  ]);
});
