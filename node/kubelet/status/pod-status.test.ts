import { expect, test } from "vitest";
import { aPod, imageReady, live, sandboxStarted, started } from "../testing/pods.ts";
import { statusPatch } from "./same-status.ts";

test("a patch holds what differs and nothing else", () => {
  const before = live(aPod()).at(0, sandboxStarted).pod.status;
  const now = live(aPod()).at(0, sandboxStarted, imageReady("main"), started("main", 0)).pod.status;
  const patch = statusPatch(now, before, "uid-of-web");
  expect(Object.keys(patch.status).toSorted()).toEqual(["conditions", "containerStatuses", "phase"]);
  expect(patch.metadata).toEqual({ uid: "uid-of-web" });
  expect((patch.status["conditions"] as readonly { readonly type: string }[]).map(({ type }) => type)).toEqual([
    "Ready",
    "ContainersReady",
  ]);
  expect(patch.status["conditions"]).toMatchObject([{ status: "True", reason: null, message: null }, { status: "True" }]);
});

test("an address that a Pod no longer has is taken out of the list", () => {
  const { status } = live(aPod()).at(0, sandboxStarted).pod;
  const moved = { ...status, podIP: "10.0.0.3", podIPs: [{ ip: "10.0.0.3" }] };
  expect(statusPatch(moved, status, "uid").status).toEqual({
    podIP: "10.0.0.3",
    podIPs: [{ ip: "10.0.0.3" }, { ip: "10.0.0.2", $patch: "delete" }],
  });
});

test("conditions that others keep stay as they are, and a readiness gate holds the Pod back", () => {
  const pod = aPod({ readinessGates: [{ conditionType: "example.com/open" }] });
  const gate = (status: "True" | "False") => ({ ...pod, status: { ...pod.status, conditions: [{ type: "example.com/open", status }] } });
  const up = (status: "True" | "False") =>
    live(gate(status)).at(0, sandboxStarted, imageReady("main"), started("main", 0)).pod.status.conditions;
  expect(up("True")).toContainEqual({ type: "example.com/open", status: "True" });
  expect(up("True")).toContainEqual(expect.objectContaining({ type: "Ready", status: "True" }));
  expect(up("False")).toContainEqual(
    expect.objectContaining({
      type: "Ready",
      status: "False",
      reason: "ReadinessGatesNotReady",
      message: 'the status of pod readiness gate "example.com/open" is not "True", but False',
    }),
  );
});
