import { expect, test } from "vitest";
import { asRead, problemsOf, rowOf } from "../testing/kind-under-test.ts";
import { EndpointsKind } from "./endpoints.ts";

const addresses = [{ ip: "10.0.0.1" }];

test("a port of Endpoints speaks TCP where nothing is said", () => {
  expect(asRead(EndpointsKind, { subsets: [{ addresses, ports: [{ port: 80 }] }] }).subsets?.[0]?.ports).toEqual([
    { port: 80, protocol: "TCP" },
  ]);
});

test.each([
  [{ addresses, ports: [{ port: 80 }] }, []],
  [{ ports: [{ port: 80 }] }, ["subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`"]],
  [
    { addresses, ports: [{ port: 80 }, { name: "b", port: 0 }] },
    ["subsets[0].ports[0].name: Required value", "subsets[0].ports[1].port: Invalid value: 0: must be between 1 and 65535, inclusive"],
  ],
  [
    { notReadyAddresses: [{ ip: "127.0.0.1" }] },
    ['subsets[0].notReadyAddresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)'],
  ],
])("a subset %j", (subset, problems) => {
  expect(problemsOf(EndpointsKind, { subsets: [subset] })).toEqual(problems);
});

test("a table shows the first three endpoints", () => {
  const four = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "2001:db8::4"].map((ip) => ({ ip }));
  expect(rowOf(EndpointsKind, {})["Endpoints"]).toBe("<none>");
  expect(rowOf(EndpointsKind, { subsets: [{ addresses: four.slice(2), ports: [{ port: 80 }] }] })["Endpoints"]).toBe(
    "10.0.0.3:80,[2001:db8::4]:80",
  );
  expect(rowOf(EndpointsKind, { subsets: [{ addresses: four }] })["Endpoints"]).toBe("10.0.0.1,10.0.0.2,10.0.0.3 + 1 more...");
});
