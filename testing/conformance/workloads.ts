import {
  type Deployment,
  DeploymentKind,
  isPodReady,
  type Pod,
  PodKind,
  type PodTemplateSpec,
  type ReplicaSet,
  ReplicaSetKind,
} from "@kubets/api";
import type { DraftObject } from "@kubets/client";
import type { Draft } from "@kubets/machinery";
import { expect } from "vitest";
import type { ConformanceCluster } from "./conformance-cluster.ts";

export interface TemplateFacts {
  readonly image?: string;
  /** Beside `app`. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Pods that fit no node stay Pending: a rollout to them is stuck. */
  readonly unschedulable?: boolean;
}

export function podTemplate(
  app: string,
  { image = "web:1", labels = {}, unschedulable = false }: TemplateFacts = {},
): Draft<PodTemplateSpec> {
  return {
    metadata: { labels: { app, ...labels } },
    spec: { containers: [{ name: "web", image }], ...(unschedulable ? { nodeSelector: { "example.com/nowhere": "true" } } : {}) },
  };
}

export function aPod(
  name: string,
  labels: Readonly<Record<string, string>> = {},
  spec: Partial<Draft<Pod["spec"]>> = {},
): DraftObject<Pod> {
  return { metadata: { name, labels }, spec: { containers: [{ name: "web", image: "web:1" }], ...spec } };
}

export function aDeployment(
  name: string,
  { replicas, template = podTemplate(name), ...spec }: Partial<Draft<Deployment["spec"]>> & { readonly replicas: number },
): DraftObject<Deployment> {
  return {
    metadata: { name, labels: { app: name } },
    spec: { replicas, selector: { matchLabels: { app: name } }, template, ...spec },
  };
}

export function aReplicaSet(
  name: string,
  { replicas, labels = {} }: { readonly replicas: number; readonly labels?: Readonly<Record<string, string>> },
): DraftObject<ReplicaSet> {
  const spec = { replicas, selector: { matchLabels: { app: name } }, template: podTemplate(name) };
  return { metadata: { name, labels: { app: name, ...labels } }, spec };
}

/** Waits until a Deployment has rolled out: every Pod is of its present template, and available. */
export async function rolledOut({ client, until }: ConformanceCluster, namespace: string, name: string): Promise<Deployment> {
  const deployments = client.resource(DeploymentKind).in(namespace);
  await until(async () => {
    const { metadata, spec, status } = await deployments.get(name);
    expect(status).toMatchObject({ observedGeneration: metadata.generation });
    expect([status.replicas ?? 0, status.updatedReplicas ?? 0, status.availableReplicas ?? 0]).toEqual(Array(3).fill(spec.replicas));
  });
  return deployments.get(name);
}

/** Waits until a ReplicaSet has that many ready Pods. */
export async function replicasReady({ client, until }: ConformanceCluster, namespace: string, name: string, count: number): Promise<void> {
  const replicaSets = client.resource(ReplicaSetKind).in(namespace);
  await until(async () => expect((await replicaSets.get(name)).status).toMatchObject({ replicas: count, readyReplicas: count }));
}

/** Waits until a Pod is ready. */
export async function podReady({ client, until }: ConformanceCluster, namespace: string, name: string): Promise<Pod> {
  const pods = client.resource(PodKind).in(namespace);
  await until(async () => expect(isPodReady(await pods.get(name))).toBe(true));
  return pods.get(name);
}
