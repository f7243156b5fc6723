import { describe, expect, test } from "vitest";
import { defaultPod, defaultPodTemplateSpec } from "./defaults.ts";
import type { PodTemplateSpec } from "./pod-template-spec.ts";
import { aContainer, aPod } from "./testing/pods.ts";

test("a Pod of one container gets every default that upstream gives", () => {
  expect(aPod().spec).toEqual({
    containers: [
      {
        name: "web",
        image: "web:1",
        resources: {},
        terminationMessagePath: "/dev/termination-log",
        terminationMessagePolicy: "File",
        imagePullPolicy: "IfNotPresent",
      },
    ],
    restartPolicy: "Always",
    terminationGracePeriodSeconds: 30,
    dnsPolicy: "ClusterFirst",
    securityContext: {},
    schedulerName: "default-scheduler",
    enableServiceLinks: true,
  });
});

test("a Pod that has its defaults is not copied", () => {
  const pod = aPod({ spec: { volumes: [{ name: "data" }], containers: [aContainer({ resources: { limits: { cpu: "1" } } })] } });
  expect(defaultPod(pod)).toBe(pod);
});

describe("in a container", () => {
  const container = (fields: Readonly<Record<string, unknown>>, spec: Readonly<Record<string, unknown>> = {}) =>
    aPod({ spec: { ...spec, containers: [aContainer(fields)] } }).spec.containers[0]!;

  test("a probe gets its numbers, and its request a path and a scheme", () => {
    expect(container({ livenessProbe: { httpGet: { port: 80 } } }).livenessProbe).toEqual({
      httpGet: { path: "/", port: 80, scheme: "HTTP" },
      timeoutSeconds: 1,
      periodSeconds: 10,
      successThreshold: 1,
      failureThreshold: 3,
    });
  });

  test("a gRPC probe asks about the whole server", () => {
    expect(container({ startupProbe: { grpc: { port: 80 } } }).startupProbe?.grpc).toEqual({ port: 80, service: "" });
  });

  test("a port is a TCP port", () => {
    expect(container({ ports: [{ containerPort: 80 }] }).ports).toEqual([{ containerPort: 80, protocol: "TCP" }]);
  });

  test("on the node's network a port is also the node's", () => {
    const ports = container({ ports: [{ containerPort: 80 }, { containerPort: 81, hostPort: 81 }] }, { hostNetwork: true }).ports;
    expect(ports?.map(({ hostPort }) => hostPort)).toEqual([80, 81]);
  });

  test("a field of the Pod is read in v1", () => {
    const env = container({ env: [{ name: "NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }] }).env;
    expect(env?.[0]?.valueFrom?.fieldRef).toEqual({ apiVersion: "v1", fieldPath: "metadata.name" });
  });

  test("what is limited and not asked for is asked for", () => {
    const { resources } = container({ resources: { limits: { cpu: "2", memory: "1Gi" }, requests: { cpu: "1" } } });
    expect(resources).toEqual({ limits: { cpu: "2", memory: "1Gi" }, requests: { cpu: "1", memory: "1Gi" } });
  });

  test("amounts are rounded up to thousandths", () => {
    expect(container({ resources: { requests: { cpu: "100500u", memory: "1.5" } } }).resources.requests).toEqual({
      cpu: "101m",
      memory: "1500m",
    });
  });
});

test.each([
  ["web", "Always"],
  ["web:latest", "Always"],
  ["web:1", "IfNotPresent"],
  ["registry.example:5000/team/web", "Always"],
  ["registry.example:5000/team/web:1", "IfNotPresent"],
  [`web@sha256:${"0".repeat(64)}`, "IfNotPresent"],
  [`web:latest@sha256:${"0".repeat(64)}`, "Always"],
  ["Not An Image", "IfNotPresent"],
])("the image %s is pulled %s", (image, imagePullPolicy) => {
  expect(aPod({ spec: { containers: [aContainer({ image })] } }).spec.containers[0]).toMatchObject({ imagePullPolicy });
});

describe("a volume", () => {
  test.each([
    ["without a source is an empty directory", {}, { emptyDir: {} }],
    ["of a host path is not checked", { hostPath: { path: "/x" } }, { hostPath: { path: "/x", type: "" } }],
    ["of a Secret is readable by all", { secret: { secretName: "s" } }, { secret: { secretName: "s", defaultMode: 0o644 } }],
    ["of a ConfigMap is readable by all", { configMap: { name: "c" } }, { configMap: { name: "c", defaultMode: 0o644 } }],
    ["of the Pod's fields is readable by all", { downwardAPI: {} }, { downwardAPI: { defaultMode: 0o644 } }],
    [
      "with a token has it for an hour",
      { projected: { sources: [{ serviceAccountToken: { path: "token" } }] } },
      { projected: { sources: [{ serviceAccountToken: { path: "token", expirationSeconds: 3600 } }], defaultMode: 0o644 } },
    ],
    [
      "of an image is pulled by its tag",
      { image: { reference: "data:1" } },
      { image: { reference: "data:1", pullPolicy: "IfNotPresent" } },
    ],
    [
      "of iSCSI uses the default interface",
      { iscsi: { targetPortal: "p", iqn: "iqn", lun: 0 } },
      { iscsi: { targetPortal: "p", iqn: "iqn", lun: 0, iscsiInterface: "default" } },
    ],
    [
      "of RADOS is the administrator's",
      { rbd: { monitors: ["m"], image: "i" } },
      { rbd: { monitors: ["m"], image: "i", pool: "rbd", user: "admin", keyring: "/etc/ceph/keyring" } },
    ],
    [
      "of an Azure disk is shared",
      { azureDisk: { diskName: "d", diskURI: "u" } },
      { azureDisk: { diskName: "d", diskURI: "u", cachingMode: "ReadWrite", fsType: "ext4", readOnly: false, kind: "Shared" } },
    ],
  ])("%s", (_, given, expected) => {
    expect(aPod({ spec: { volumes: [{ name: "v", ...given }] } }).spec.volumes).toEqual([{ name: "v", ...expected }]);
  });
});

test("the account of a Pod has two names", () => {
  const names = { serviceAccountName: "robot", serviceAccount: "robot" };
  expect(aPod({ spec: { serviceAccountName: "robot" } }).spec).toMatchObject(names);
  expect(aPod({ spec: { serviceAccount: "robot" } }).spec).toMatchObject(names);
});

describe("resources of the whole Pod", () => {
  test("a limit without a request asks for what the containers ask for, or else for as much as the limit", () => {
    const spec = {
      resources: { limits: { cpu: "2", memory: "2Gi" } },
      containers: [aContainer({ resources: { requests: { cpu: "100m" } } }), aContainer({ resources: { requests: { cpu: "200m" } } })],
    };
    expect(aPod({ spec }).spec.resources).toEqual({ limits: { cpu: "2", memory: "2Gi" }, requests: { cpu: "300m", memory: "2Gi" } });
  });

  test("a request without a limit is limited to what the containers are limited to, if all are", () => {
    const containers = [
      aContainer({ resources: { limits: { cpu: "1", memory: "1Gi" } } }),
      aContainer({ resources: { limits: { cpu: "1" } } }),
    ];
    expect(aPod({ spec: { resources: { requests: { cpu: "3" } }, containers } }).spec.resources?.limits).toEqual({ cpu: "2" });
  });
});

test("a template gets the defaults of a spec but not those of a Pod", () => {
  const { spec } = aPod();
  const { enableServiceLinks: _, ...templateSpec } = spec;
  const containers = [
    { ...spec.containers[0]!, ports: [{ containerPort: 80, protocol: "TCP" }], resources: { limits: { cpu: "1" } } },
  ] as const;
  const template: PodTemplateSpec = { metadata: {}, spec: { ...templateSpec, hostNetwork: true, containers } };
  expect(defaultPodTemplateSpec(template)).toBe(template);
});
