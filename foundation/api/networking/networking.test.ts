import { describe, expect, test } from "vitest";
import { asRead, problemsOf, problemsOfUpdate, rowOf } from "../testing/kind-under-test.ts";
import { IngressClassKind } from "./ingress-class.ts";
import { IPAddressKind } from "./ip-address.ts";
import { NetworkPolicyKind } from "./network-policy.ts";
import { ServiceCIDRKind } from "./service-cidr.ts";

describe("an IngressClass", () => {
  const controller = "example.com/ingress";
  const parameters = { kind: "Settings", name: "fast" };
  test.each([
    [{ controller, parameters }, []],
    [{}, ["spec.controller: Required value"]],
    [{ controller: "ingress" }, ['spec.controller: Invalid value: "ingress": must be a domain-prefixed path (such as "acme.io/foo")']],
    [{ controller, parameters: { name: "fast" } }, ["spec.parameters.kind: Required value"]],
    [
      { controller, parameters: { ...parameters, namespace: "web" } },
      ["spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'"],
    ],
    [
      { controller, parameters: { ...parameters, scope: "Namespace" } },
      ["spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'"],
    ],
    [
      { controller, parameters: { ...parameters, scope: "World" } },
      ['spec.parameters.scope: Unsupported value: "World": supported values: "Cluster", "Namespace"'],
    ],
  ])("with the spec %j", (spec, problems) => {
    expect(problemsOf(IngressClassKind, { spec })).toEqual(problems);
  });

  test("keeps its controller", () => {
    expect(problemsOfUpdate(IngressClassKind, { spec: { controller } }, { spec: { controller: "example.com/other" } })).toEqual([
      'spec.controller: Invalid value: "example.com/other": field is immutable',
    ]);
  });
});

describe("a NetworkPolicy", () => {
  test("limits what comes in, and what goes out if it has rules for that", () => {
    expect(asRead(NetworkPolicyKind, {}).spec.policyTypes).toEqual(["Ingress"]);
    expect(asRead(NetworkPolicyKind, { spec: { egress: [{}] } }).spec.policyTypes).toEqual(["Ingress", "Egress"]);
    expect(asRead(NetworkPolicyKind, { spec: { egress: [{}], policyTypes: ["Egress"] } }).spec.policyTypes).toEqual(["Egress"]);
  });

  const to = (peer: object): object => ({ egress: [{ to: [peer] }] });
  test.each([
    [to({ ipBlock: { cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] } }), []],
    [to({}), ["spec.egress[0].to[0]: Required value: must specify a peer"]],
    [to({ ipBlock: {} }), ["spec.egress[0].to[0].ipBlock.cidr: Required value"]],
    [
      to({ ipBlock: { cidr: "10.0.0.0/8" }, podSelector: {} }),
      ["spec.egress[0].to[0]: Forbidden: may not specify both ipBlock and another peer"],
    ],
    [
      to({ ipBlock: { cidr: "10.0.0.0/8", except: ["10.0.0.0/8", "11.1.0.0/16", "::/0"] } }),
      ["10.0.0.0/8", "11.1.0.0/16", "::/0"].map(
        (hole, index) => `spec.egress[0].to[0].ipBlock.except[${index}]: Invalid value: "${hole}": must be a strict subset of \`cidr\``,
      ),
    ],
    [{ ingress: [{ ports: [{ port: 80, endPort: 90 }] }] }, []],
    [
      { ingress: [{ ports: [{ port: 80, endPort: 70 }, { port: "http", endPort: 90 }, { endPort: 90 }] }] },
      [
        "spec.ingress[0].ports[0].endPort: Invalid value: 70: must be greater than or equal to `port`",
        "spec.ingress[0].ports[1].endPort: Invalid value: 90: may not be specified when `port` is non-numeric",
        "spec.ingress[0].ports[2].endPort: Invalid value: 90: may not be specified when `port` is not specified",
      ],
    ],
    [{ policyTypes: ["Both"] }, ['spec.policyTypes[0]: Unsupported value: "Both": supported values: "Egress", "Ingress"']],
  ])("with the spec %j", (spec, problems) => {
    expect(problemsOf(NetworkPolicyKind, { spec })).toEqual(problems);
  });
});

describe("an IPAddress", () => {
  const spec = { parentRef: { resource: "services", namespace: "default", name: "web" } };
  test.each([
    ["10.0.0.1", []],
    ["2001:db8::1", []],
    ["2001:DB8::1", ['metadata.name: Invalid value: "2001:DB8::1": must be in canonical form ("2001:db8::1")']],
    ["web", ['metadata.name: Invalid value: "web": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)']],
  ])("of the name %s", (name, problems) => {
    expect(problemsOf(IPAddressKind, { metadata: { name }, spec })).toEqual(problems);
  });

  test("is somebody's, for good", () => {
    const metadata = { name: "10.0.0.1" };
    expect(problemsOf(IPAddressKind, { metadata })).toEqual(["spec.parentRef: Required value"]);
    expect(problemsOf(IPAddressKind, { metadata, spec: { parentRef: {} } })).toEqual([
      "spec.parentRef.resource: Required value",
      "spec.parentRef.name: Required value",
    ]);
    expect(problemsOfUpdate(IPAddressKind, { spec }, { spec: { parentRef: { ...spec.parentRef, name: "api" } } })).toEqual([
      'spec.parentRef: Invalid value: {"resource":"services","namespace":"default","name":"api"}: field is immutable',
    ]);
    expect(rowOf(IPAddressKind, { metadata, spec })).toEqual({ Name: "10.0.0.1", ParentRef: "services/default/web" });
  });
});

describe("a ServiceCIDR", () => {
  test.each([
    [["10.0.0.0/16"], []],
    [["10.0.0.0/16", "fd00::/112"], []],
    [[], ["spec.cidrs: Required value: at least one CIDR required"]],
    [
      ["10.0.0.0/16", "10.1.0.0/16"],
      [
        'spec.cidrs: Invalid value: ["10.0.0.0/16","10.1.0.0/16"]: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64',
      ],
    ],
    [["10.0.0.1/16"], ['spec.cidrs[0]: Invalid value: "10.0.0.1/16": must not have bits set beyond the prefix length']],
    [["fd00:0::/112"], ['spec.cidrs[0]: Invalid value: "fd00:0::/112": must be in canonical form ("fd00::/112")']],
  ])("with the ranges %j", (cidrs, problems) => {
    expect(problemsOf(ServiceCIDRKind, { spec: { cidrs } })).toEqual(problems);
  });

  test("may get a range of the other family, and loses none", () => {
    const from = { spec: { cidrs: ["10.0.0.0/16"] } };
    expect(problemsOfUpdate(ServiceCIDRKind, from, { spec: { cidrs: ["10.0.0.0/16", "fd00::/112"] } })).toEqual([]);
    expect(problemsOfUpdate(ServiceCIDRKind, from, { spec: { cidrs: ["10.1.0.0/16"] } })).toEqual([
      'spec.cidrs[0]: Invalid value: "10.1.0.0/16": field is immutable',
    ]);
    expect(problemsOfUpdate(ServiceCIDRKind, from, { spec: { cidrs: [] } })).toEqual(["spec.cidrs: Invalid value: []: field is immutable"]);
  });
});
