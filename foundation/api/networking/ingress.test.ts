import { expect, test } from "vitest";
import { asRead, noon, problemsOf, problemsOfStatusUpdate, rowOf } from "../testing/kind-under-test.ts";
import { IngressKind } from "./ingress.ts";

const backend = { service: { name: "web", port: { number: 80 } } };
const withPath = (path: object): object => ({
  spec: { rules: [{ host: "web.example.com", http: { paths: [{ path: "/", pathType: "Prefix", backend, ...path }] } }] },
});

test.each([
  [{ spec: { defaultBackend: backend } }, []],
  [withPath({}), []],
  [{}, ["spec: Invalid value: null: either `defaultBackend` or `rules` must be specified"]],
  [{ spec: { defaultBackend: {} } }, ['spec.defaultBackend: Invalid value: "": resource or service backend is required']],
  [
    { spec: { defaultBackend: { service: { name: "Web", port: {} } } } },
    [
      expect.stringMatching(/^spec.defaultBackend.service.name: Invalid value: "Web": a DNS-1035 label/),
      "spec.defaultBackend: Required value: port name or number is required",
    ],
  ],
  [
    { spec: { defaultBackend: { service: { name: "web", port: { name: "http", number: 80 } } } } },
    ['spec.defaultBackend: Invalid value: "": cannot set both port name & port number'],
  ],
  [withPath({ pathType: undefined }), ["spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified"]],
  [
    withPath({ pathType: "Regex" }),
    ['spec.rules[0].http.paths[0].pathType: Unsupported value: "Regex": supported values: "Exact", "ImplementationSpecific", "Prefix"'],
  ],
  [
    withPath({ path: "a//b" }),
    [
      'spec.rules[0].http.paths[0].path: Invalid value: "a//b": must be an absolute path',
      "spec.rules[0].http.paths[0].path: Invalid value: \"a//b\": must not contain '//'",
    ],
  ],
  [withPath({ path: "", pathType: "ImplementationSpecific" }), []],
  [{ spec: { rules: [{ host: "10.0.0.1" }] } }, ['spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address']],
  [{ spec: { rules: [{ host: "*.example.com" }] } }, []],
  [{ spec: { rules: [{ http: { paths: [] } }] } }, ["spec.rules[0].http.paths: Required value"]],
])("an Ingress %j", (body, problems) => {
  expect(problemsOf(IngressKind, body as object as Readonly<Record<string, unknown>>)).toEqual(problems);
});

test("a new Ingress may not name two classes, and is warned of the annotation", () => {
  const ingress = asRead(IngressKind, {
    metadata: { annotations: { "kubernetes.io/ingress.class": "a" } },
    spec: { ingressClassName: "b", defaultBackend: backend },
  });
  expect(IngressKind.strategy.validateCreate?.(ingress).map(({ field, detail }) => `${field}: ${detail}`)).toEqual([
    "annotations.kubernetes.io/ingress.class: must match `ingressClassName` when both are specified",
  ]);
  expect(IngressKind.strategy.warnings?.(ingress)).toEqual([
    `annotation "kubernetes.io/ingress.class" is deprecated, please use 'spec.ingressClassName' instead`,
  ]);
});

test("a load balancer has addresses and names, each in its field", () => {
  const status = { loadBalancer: { ingress: [{ ip: "example.com" }, { hostname: "10.0.0.1" }] } };
  expect(problemsOfStatusUpdate(IngressKind, {}, { status })).toEqual([
    'status.loadBalancer.ingress[0].ip: Invalid value: "example.com": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    'status.loadBalancer.ingress[1].hostname: Invalid value: "10.0.0.1": must be a DNS name, not an IP address',
  ]);
});

test("a table shows hosts, addresses and ports", () => {
  const hosts = ["a", "b", "c", "d"].map((host) => ({ host }));
  const body = {
    spec: { ingressClassName: "nginx", rules: hosts, tls: [{ hosts: ["a"] }] },
    status: { loadBalancer: { ingress: [{ ip: "10.0.0.2" }, { hostname: "lb.example.com" }, { ip: "10.0.0.2" }] } },
  };
  expect(rowOf(IngressKind, body)).toEqual({
    Name: "web",
    Class: "nginx",
    Hosts: "a,b,c + 1 more...",
    Address: "10.0.0.2,lb.example.com",
    Ports: "80, 443",
    Age: "60s",
  });
  expect(IngressKind.columns.map(({ cell }) => cell(asRead(IngressKind, {}), noon))).toEqual(["web", "<none>", "*", "", "80", "60s"]);
});
