import { describe, expect, test } from "vitest";
import { PodKind } from "../pod.ts";
import { aContainer, aPod, texts } from "../testing/pods.ts";

type Json = Readonly<Record<string, unknown>>;

function problems(before: Json, after: Json, spec: Json = {}): readonly string[] {
  return texts(PodKind.strategy.validateStatusUpdate!(aPod({ spec, status: after }), aPod({ spec, status: before })));
}

const aStatus = (state: Json): Json => ({ name: "web", state, ready: false, restartCount: 0, image: "", imageID: "" });
const ended = (exitCode: number): Json => aStatus({ terminated: { exitCode } });
const running = aStatus({ running: {} });

test("the quality of service of a Pod never changes", () => {
  expect(problems({ qosClass: "Burstable" }, { qosClass: "Guaranteed" })).toEqual([
    'status.qosClass: Invalid value: "Guaranteed": field is immutable',
  ]);
});

describe("a container that has ended", () => {
  const stays = ["status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state"];
  const cases: readonly (readonly [
    sentence: string,
    restartPolicy: string,
    exitCode: number,
    container: Json,
    expected: readonly string[],
  ])[] = [
    ["may run again when its Pod always restarts", "Always", 0, {}, []],
    ["may run again after a failure", "OnFailure", 1, {}, []],
    ["stays ended when it succeeded", "OnFailure", 0, {}, stays],
    ["stays ended when its Pod never restarts", "Never", 1, {}, stays],
    ["may run again when it says so itself", "Never", 1, { restartPolicy: "Always" }, []],
  ];
  test.each(cases)("%s", (_, restartPolicy, exitCode, container, expected) => {
    const spec = { restartPolicy, containers: [aContainer(container)] };
    expect(problems({ containerStatuses: [ended(exitCode)] }, { containerStatuses: [running] }, spec)).toEqual(expected);
  });

  test("stays ended when it was only there to look", () => {
    expect(problems({ ephemeralContainerStatuses: [ended(0)] }, { ephemeralContainerStatuses: [running] })).toEqual([
      "status.ephemeralContainerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state",
    ]);
  });
});

describe("addresses", () => {
  test("may be one of each family", () => {
    const addresses = [{ ip: "10.0.0.1" }, { ip: "fd00::1" }];
    expect(problems({}, { podIPs: addresses, hostIP: "10.0.0.1", hostIPs: addresses })).toEqual([]);
  });
  test("may not be two of one family", () => {
    expect(problems({}, { podIPs: [{ ip: "10.0.0.1" }, { ip: "10.0.0.1" }] })).toEqual([
      'status.podIPs: Invalid value: [{"ip":"10.0.0.1"},{"ip":"10.0.0.1"}]: may specify no more than one IP for each IP family',
      'status.podIPs[1]: Duplicate value: {"ip":"10.0.0.1"}',
    ]);
  });
  test("of the node begin with its main one", () => {
    expect(problems({}, { hostIP: "10.0.0.2", hostIPs: [{ ip: "10.0.0.1" }] })).toEqual([
      'status.hostIPs[0].ip: Invalid value: "10.0.0.1": must be equal to `hostIP`',
    ]);
  });
});

test("conditions of others have qualified names", () => {
  const [problem] = problems(
    {},
    {
      conditions: [
        { type: "Ready", status: "True" },
        { type: "a b", status: "True" },
      ],
    },
  );
  expect(problem).toMatch(/^metadata\.conditions\[1\]\.Type: Invalid value: "a b": name part must consist of/);
});

test("claims stand behind entries of the Pod", () => {
  expect(problems({}, { resourceClaimStatuses: [{ name: "gpu" }] })).toEqual([
    'status.resourceClaimStatuses[0].name: Invalid value: "gpu": must match the name of an entry in `spec.resourceClaims`',
  ]);
});
