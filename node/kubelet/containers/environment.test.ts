import type { ConfigMap, Container, Secret, Service } from "@kubets/api";
import { expect, test } from "vitest";
import { aPod } from "../testing/pods.ts";
import { type EnvironmentSources, environmentOf } from "./environment.ts";
import { expand } from "./expand.ts";
import { serviceVariables } from "./service-variables.ts";

const pod = aPod({ containers: [{ name: "main", resources: { requests: { memory: "64Mi" }, limits: { cpu: "1500m" } } }] });

const sources = (
  objects: { readonly configMap?: object; readonly secret?: object; readonly services?: readonly Service[] } = {},
): EnvironmentSources => ({
  pod: { ...pod, status: { ...pod.status, podIP: "10.0.0.2" } },
  allocatable: { cpu: "4", memory: "1Gi" },
  services: objects.services ?? [],
  configMap: () => Promise.resolve(objects.configMap as ConfigMap | undefined),
  secret: () => Promise.resolve(objects.secret as Secret | undefined),
});
const container = (facts: object): Container => ({ ...pod.spec.containers[0]!, ...facts });
const variables = async (facts: object, objects?: Parameters<typeof sources>[0]): Promise<Record<string, string>> =>
  Object.fromEntries((await environmentOf(container(facts), sources(objects))).map(({ name, value }) => [name, value]));
const service = (name: string, namespace: string, clusterIP: string): Service =>
  ({
    metadata: { name, namespace },
    spec: { clusterIP, type: "ClusterIP", ports: [{ port: 80, name: "web-ui", protocol: "TCP" }] },
  }) as unknown as Service;

test.each([
  ["$(A)", "1"],
  ["$$(A)", "$(A)"],
  ["$(B) $(A)$(A)", "$(B) 11"],
  ["$", "$"],
  ["$(", "$("],
  ["$A", "$A"],
])("%s becomes %s", (text, expected) => {
  expect(expand(text, new Map([["A", "1"]]))).toBe(expected);
});

test("later variables stand over earlier ones, and may be made of them", async () => {
  const env = [
    { name: "A", value: "own" },
    { name: "B", value: "$(A)-$(C)" },
  ];
  const envFrom = [{ configMapRef: { name: "x" }, prefix: "" }];
  expect(await variables({ env, envFrom }, { configMap: { data: { A: "shared", C: "see" } } })).toEqual({
    A: "own",
    B: "own-see",
    C: "see",
  });
});

test("a variable tells of the Pod and its resources", async () => {
  const env = [
    { name: "NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
    { name: "ADDRESS", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
    { name: "CPU", valueFrom: { resourceFieldRef: { resource: "limits.cpu" } } },
    { name: "MILLI", valueFrom: { resourceFieldRef: { resource: "limits.cpu", divisor: "1m" } } },
    { name: "MEMORY", valueFrom: { resourceFieldRef: { resource: "limits.memory", divisor: "1Mi" } } },
    { name: "REQUEST", valueFrom: { resourceFieldRef: { resource: "requests.memory" } } },
  ];
  expect(await variables({ env })).toEqual({
    NAME: "web",
    ADDRESS: "10.0.0.2",
    CPU: "2",
    MILLI: "1500",
    MEMORY: "1024",
    REQUEST: String(64 * 1024 * 1024),
  });
});

test("what is missing holds the container back, unless it is optional", async () => {
  const reference = (optional?: boolean): object => ({
    env: [{ name: "A", valueFrom: { secretKeyRef: { name: "s", key: "k", optional } } }],
  });
  await expect(variables(reference())).rejects.toThrow('secret "s" not found');
  await expect(variables(reference(), { secret: { data: {} } })).rejects.toThrow("couldn't find key k in Secret default/s");
  expect(await variables(reference(true))).toEqual({});
  await expect(variables({ envFrom: [{ configMapRef: { name: "c" } }] })).rejects.toThrow('configmap "c" not found');
});

test("Services are told of: kubernetes always, those of the namespace where links are wanted", () => {
  const services = [
    service("kubernetes", "default", "10.96.0.1"),
    service("my-db", "shop", "10.96.0.2"),
    service("other", "else", "10.96.0.3"),
    service("headless", "shop", "None"),
  ];
  expect([...serviceVariables(services, "shop", false).keys()].every((name) => name.startsWith("KUBERNETES_"))).toBe(true);
  expect(Object.fromEntries(serviceVariables(services, "shop", true))).toMatchObject({
    KUBERNETES_SERVICE_HOST: "10.96.0.1",
    MY_DB_SERVICE_HOST: "10.96.0.2",
    MY_DB_SERVICE_PORT: "80",
    MY_DB_SERVICE_PORT_WEB_UI: "80",
    MY_DB_PORT: "tcp://10.96.0.2:80",
    MY_DB_PORT_80_TCP: "tcp://10.96.0.2:80",
    MY_DB_PORT_80_TCP_PROTO: "tcp",
    MY_DB_PORT_80_TCP_PORT: "80",
    MY_DB_PORT_80_TCP_ADDR: "10.96.0.2",
  });
  expect([...serviceVariables(services, "shop", true).keys()].some((name) => /OTHER|HEADLESS/.test(name))).toBe(false);
});
