import { describe, expect, test } from "vitest";
import { asRead, noon, problemsOf, problemsOfStatusUpdate, problemsOfUpdate, rowOf } from "../testing/kind-under-test.ts";
import { ServiceKind, type Service } from "./service.ts";

const ports = [{ port: 80 }];
const context = { now: noon, user: { name: "ada", groups: [] } };

describe("defaults", () => {
  test("a Service is reached within the cluster, by TCP, at the port of its Pods", () => {
    expect(asRead(ServiceKind, { spec: { ports } }).spec).toEqual({
      type: "ClusterIP",
      sessionAffinity: "None",
      internalTrafficPolicy: "Cluster",
      ports: [{ port: 80, protocol: "TCP", targetPort: 80 }],
    });
  });

  test.each([
    [{ type: "NodePort" }, { externalTrafficPolicy: "Cluster" }],
    [{ type: "LoadBalancer" }, { externalTrafficPolicy: "Cluster", allocateLoadBalancerNodePorts: true }],
    [{ externalIPs: ["192.0.2.1"] }, { externalTrafficPolicy: "Cluster" }],
    [{ sessionAffinity: "ClientIP" }, { sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } } }],
  ])("%j gets %j", (spec, filledIn) => {
    expect(asRead(ServiceKind, { spec: { ports, ...spec } }).spec).toMatchObject(filledIn);
  });

  test("an ExternalName has no traffic to route", () => {
    expect(asRead(ServiceKind, { spec: { type: "ExternalName", externalName: "example.com" } }).spec).toEqual({
      type: "ExternalName",
      externalName: "example.com",
      sessionAffinity: "None",
    });
  });

  test("without affinity its configuration goes", () => {
    const sessionAffinityConfig = { clientIP: { timeoutSeconds: 5 } };
    expect(asRead(ServiceKind, { spec: { ports, sessionAffinityConfig } }).spec.sessionAffinityConfig).toBeUndefined();
  });
});

describe("what the server gave stays", () => {
  const given = {
    ports: [{ name: "web", port: 80, nodePort: 30_080 }],
    type: "NodePort",
    clusterIP: "10.96.0.7",
    clusterIPs: ["10.96.0.7"],
    ipFamilies: ["IPv4"],
    ipFamilyPolicy: "SingleStack",
  };
  const update = (spec: object): Service["spec"] =>
    ServiceKind.strategy.prepareForUpdate!(asRead(ServiceKind, { spec }), asRead(ServiceKind, { spec: given }), context).spec;

  test("a Service replaced by the manifest it was made from keeps addresses, families and node ports", () => {
    expect(update({ type: "NodePort", ports: [{ name: "web", port: 81 }] })).toMatchObject({
      ...given,
      ports: [{ name: "web", port: 81, nodePort: 30_080 }],
    });
  });

  test("a node port that another port takes over is not given twice", () => {
    const two = [
      { name: "web", port: 80 },
      { name: "other", port: 81, nodePort: 30_080 },
    ];
    expect(update({ type: "NodePort", ports: two }).ports?.map(({ nodePort }) => nodePort)).toEqual([undefined, 30_080]);
  });

  test("a Service that turns into a ClusterIP loses its node ports, unless they were changed too", () => {
    const kept = update({ ...given, type: "ClusterIP" });
    const changed = update({ ...given, type: "ClusterIP", ports: [{ name: "web", port: 80, nodePort: 30_081 }] });
    expect([kept.ports?.[0]?.nodePort, changed.ports?.[0]?.nodePort]).toEqual([undefined, 30_081]);
  });

  test("a Service that turns into an ExternalName loses its addresses", () => {
    const spec = update({ ...given, type: "ExternalName", externalName: "example.com" });
    expect([spec.clusterIP, spec.clusterIPs, spec.ipFamilies, spec.ipFamilyPolicy]).toEqual([undefined, undefined, undefined, undefined]);
  });

  test("whoever knows only clusterIP means clusterIPs as well", () => {
    const created = ServiceKind.strategy.prepareForCreate!(asRead(ServiceKind, { spec: { ports, clusterIP: "None" } }), context);
    expect(created.spec.clusterIPs).toEqual(["None"]);
    expect(update({ ...given, clusterIP: "10.96.0.8" }).clusterIPs).toEqual(["10.96.0.8"]);
  });
});

describe("rules", () => {
  const addresses = { clusterIP: "10.96.0.7", clusterIPs: ["10.96.0.7"] };
  test.each([
    [{ ports }, []],
    [{}, ["spec.ports: Required value"]],
    [{ clusterIP: "None", clusterIPs: ["None"] }, []],
    [{ ports: [{ port: 0, targetPort: "http" }] }, ["spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive"]],
    [
      { ports: [{ port: 80, targetPort: 80, protocol: "ICMP" }] },
      ['spec.ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"'],
    ],
    [{ ports: [{ port: 80 }, { port: 81 }] }, ["spec.ports[0].name: Required value", "spec.ports[1].name: Required value"]],
    [
      {
        ports: [
          { name: "a", port: 80 },
          { name: "a", port: 80 },
        ],
      },
      ['spec.ports[1].name: Duplicate value: "a"', 'spec.ports[1]: Duplicate value: {"protocol":"TCP","port":80}'],
    ],
    [{ ports: [{ port: 80, nodePort: 30_000 }] }, ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"]],
    [
      { ports, type: "Round" },
      ['spec.type: Unsupported value: "Round": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"'],
    ],
    [
      { ports, type: "NodePort", clusterIP: "None", clusterIPs: ["None"] },
      ["spec.clusterIPs[0]: Invalid value: \"None\": may not be set to 'None' for NodePort services"],
    ],
    [{ type: "ExternalName" }, ["spec.externalName: Required value"]],
    [
      { type: "ExternalName", externalName: "example.com.", ipFamilies: ["IPv4"] },
      ["spec.ipFamilies: Forbidden: may not be set for ExternalName services"],
    ],
    [{ ports, clusterIP: "10.96.0.7" }, ["spec.clusterIPs: Required value"]],
    [
      { ports, clusterIP: "web", clusterIPs: ["web"] },
      ['spec.clusterIPs[0]: Invalid value: "web": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
    ],
    [
      { ports, ...addresses, ipFamilies: ["IPv6"] },
      ['spec.clusterIPs[0]: Invalid value: "10.96.0.7": expected an IPv6 value as indicated by `ipFamilies[0]`'],
    ],
    [
      { ports, externalIPs: ["127.0.0.1"] },
      ['spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)'],
    ],
    [
      { ports, sessionAffinity: "ClientIP", sessionAffinityConfig: { clientIP: { timeoutSeconds: 0 } } },
      ["spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 0: must be greater than 0 and less than 86400"],
    ],
    [
      { ports, externalTrafficPolicy: "Local" },
      ['spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services'],
    ],
    [
      { ports, loadBalancerClass: "example.com/mine" },
      ["spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'"],
    ],
    [
      { ports, loadBalancerSourceRanges: ["10.0.0.0/8"] },
      ["spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'"],
    ],
    [{ ports, type: "LoadBalancer", loadBalancerSourceRanges: [" 10.0.0.0/8 "] }, []],
    [
      { ports, trafficDistribution: "PreferNone" },
      ['spec.trafficDistribution: Unsupported value: "PreferNone": supported values: "PreferClose", "PreferSameNode", "PreferSameZone"'],
    ],
  ])("%j", (spec, problems) => {
    expect(problemsOf(ServiceKind, { spec })).toEqual(problems);
  });

  test("an address does not change once it is set, and a second one goes with the policy SingleStack only", () => {
    const two = { ports, clusterIP: "10.96.0.7", clusterIPs: ["10.96.0.7", "2001:db8::7"], ipFamilyPolicy: "RequireDualStack" };
    expect(
      problemsOfUpdate(
        ServiceKind,
        { spec: { ports, ...addresses } },
        { spec: { ports, clusterIP: "10.96.0.8", clusterIPs: ["10.96.0.8"] } },
      ),
    ).toEqual(['spec.clusterIPs[0]: Invalid value: ["10.96.0.8"]: may not change once set']);
    expect(problemsOfUpdate(ServiceKind, { spec: two }, { spec: { ...two, clusterIPs: ["10.96.0.7"] } })).toEqual([
      "spec.ipFamilyPolicy: Invalid value: \"RequireDualStack\": must be set to 'SingleStack' when releasing the secondary clusterIP",
    ]);
    expect(
      problemsOfUpdate(ServiceKind, { spec: two }, { spec: { ...two, clusterIPs: ["10.96.0.7"], ipFamilyPolicy: "SingleStack" } }),
    ).toEqual([]);
  });

  test("only load balancers have points of entry in the status", () => {
    const status = { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } };
    expect(problemsOfStatusUpdate(ServiceKind, {}, { spec: { ports, type: "LoadBalancer" }, status })).toEqual([]);
    expect(
      problemsOfStatusUpdate(ServiceKind, {}, { spec: { ports }, status: { loadBalancer: { ingress: [{ hostname: "a.example" }] } } }),
    ).toEqual(["status.loadBalancer.ingress: Forbidden: may only be used when `spec.type` is 'LoadBalancer'"]);
  });
});

describe("a table shows", () => {
  test.each([
    [
      { ports, clusterIPs: ["10.96.0.7"], selector: { b: "2", a: "1" } },
      { "Cluster-IP": "10.96.0.7", "External-IP": "<none>", "Port(s)": "80/TCP", Selector: "a=1,b=2" },
    ],
    [
      { ports: [{ port: 80, nodePort: 30_080 }], type: "NodePort" },
      { "Cluster-IP": "<none>", "Port(s)": "80:30080/TCP" },
    ],
    [{ ports, type: "LoadBalancer" }, { "External-IP": "<pending>" }],
    [
      { type: "ExternalName", externalName: "example.com" },
      { "External-IP": "example.com", "Port(s)": "<none>", Selector: "<none>" },
    ],
  ])("%j as %j", (spec, row) => {
    expect(rowOf(ServiceKind, { spec })).toMatchObject(row);
  });

  test("the points of entry of a load balancer, each once", () => {
    const status = { loadBalancer: { ingress: [{ ip: "192.0.2.2" }, { ip: "192.0.2.1" }, { ip: "192.0.2.2" }] } };
    expect(rowOf(ServiceKind, { spec: { ports, type: "LoadBalancer", externalIPs: ["192.0.2.9"] }, status })["External-IP"]).toBe(
      "192.0.2.1,192.0.2.2,192.0.2.9",
    );
  });
});
