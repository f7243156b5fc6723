import { expect, test } from "vitest";
import { asRead, problemsOf, problemsOfUpdate, rowOf } from "../testing/kind-under-test.ts";
import { EndpointSliceKind } from "./endpoint-slice.ts";

const slice = { addressType: "IPv4", endpoints: [{ addresses: ["10.0.0.1"] }], ports: [{ port: 80 }] };

test("a port has an empty name and speaks TCP where nothing is said", () => {
  const { ports } = asRead(EndpointSliceKind, slice);
  expect(ports).toEqual([{ name: "", protocol: "TCP", port: 80 }]);
});

test.each([
  [slice, []],
  [{}, ["addressType: Required value"]],
  [{ addressType: "MAC" }, ['addressType: Unsupported value: "MAC": supported values: "FQDN", "IPv4", "IPv6"']],
  [{ ...slice, addressType: "IPv6" }, ['endpoints[0].addresses[0]: Invalid value: "10.0.0.1": must be a valid IPv6 address']],
  [
    { ...slice, endpoints: [{ addresses: ["169.254.0.1"] }] },
    ['endpoints[0].addresses[0]: Invalid value: "169.254.0.1": may not be in the link-local range (169.254.0.0/16, fe80::/10)'],
  ],
  [
    { addressType: "FQDN", endpoints: [{ addresses: ["a.example."] }, { addresses: ["local"] }] },
    ['endpoints[1].addresses[0]: Invalid value: "local": should be a domain with at least two segments separated by dots'],
  ],
  [{ ...slice, ports: [{ port: 80 }, { port: 81 }] }, ['ports[1].name: Duplicate value: ""']],
  [
    { ...slice, ports: [{ port: 80, protocol: "ICMP" }] },
    ['ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"'],
  ],
  [
    { addressType: "IPv4", endpoints: Array.from({ length: 1001 }, () => ({ addresses: ["10.0.0.1"] })) },
    ["endpoints: Too many: 1001: must have at most 1000 items"],
  ],
])("a slice", (body, problems) => {
  expect(problemsOf(EndpointSliceKind, body)).toEqual(problems);
});

test("an endpoint has an address", () => {
  expect(problemsOf(EndpointSliceKind, { ...slice, endpoints: [{ addresses: [] }] })).toEqual([
    "endpoints[0].addresses: Required value: must contain at least 1 address",
  ]);
});

test("a slice keeps its address type", () => {
  expect(problemsOfUpdate(EndpointSliceKind, slice, { addressType: "FQDN" })).toEqual([
    'addressType: Invalid value: "FQDN": field is immutable',
  ]);
});

test("a table shows ports and the first addresses", () => {
  expect(rowOf(EndpointSliceKind, { addressType: "IPv4" })).toMatchObject({ Ports: "<unset>", Endpoints: "<unset>" });
  const endpoints = [1, 2, 3, 4].map((last) => ({ addresses: [`10.0.0.${last}`] }));
  expect(rowOf(EndpointSliceKind, { addressType: "IPv4", endpoints, ports: [{ port: 80 }, { name: "all" }] })).toEqual({
    Name: "web",
    AddressType: "IPv4",
    Ports: "80,all",
    Endpoints: "10.0.0.1,10.0.0.2,10.0.0.3 + 1 more...",
    Age: "60s",
  });
});
