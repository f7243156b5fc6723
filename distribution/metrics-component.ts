import { APIServiceKind, ClusterRoleBindingKind, ClusterRoleKind, ServiceKind } from "@kubets/api";
import { type Client, createInformers, type DraftObject, type ResourceClient } from "@kubets/client";
import { type Dialer, type DialTarget, isStatus, type KubernetesObject, type StatusReason } from "@kubets/machinery";
import {
  createMetricsServer,
  metricsApiService,
  type MetricsServer,
  metricsRoleBinding,
  metricsRoles,
  metricsServerHost,
  metricsServerUser,
  metricsService,
} from "@kubets/metrics-server";
import type { ControlPlane, Surroundings } from "./control-plane.ts";

/** The metrics server of this process. It begins after the API server, which asks for it at each request. */
export interface MetricsComponent {
  /** Leads what is meant for the metrics server to it, and everything else beyond. */
  readonly dialer: Dialer;
  /** Makes its objects, where they are missing, and begins to answer. */
  start(clientFor: ControlPlane["clientFor"]): Promise<{ synced(signal?: AbortSignal): Promise<void>; stop(): Promise<void> }>;
}

export function metricsComponent(surroundings: Surroundings, beyond: Dialer | undefined): MetricsComponent {
  let server: MetricsServer | undefined;
  const isMeant = ({ origin }: DialTarget): boolean => new URL(origin).hostname === metricsServerHost;
  const elsewhere = ({ origin }: DialTarget): Dialer => {
    if (beyond === undefined) throw new Error(`dial ${new URL(origin).host}: connect: connection refused`);
    return beyond;
  };
  return {
    dialer: {
      async request(target, request, signal) {
        if (!isMeant(target)) return elsewhere(target).request(target, request, signal);
        if (server === undefined) throw new Error("the metrics server is not up yet");
        const { tasks } = surroundings;
        const { handle } = server;
        return tasks.run("metrics request", () => handle(request, signal));
      },
      upgrade: async (target, request, signal) => elsewhere(target).upgrade(target, request, signal),
    },
    async start(clientFor) {
      const administrator = clientFor({ name: "system:apiserver", groups: ["system:masters"] }, "kubets");
      // What it may do before it does it; and who asks for it only once it answers.
      await makeRoles(administrator);
      const client = clientFor(metricsServerUser, "metrics-server");
      const informers = createInformers({ ...surroundings, client });
      server = createMetricsServer({ ...surroundings, client, informers });
      await makeServices(administrator);
      const { synced } = server;
      return { synced: (signal) => synced(signal), stop: () => informers.stop() };
    },
  };
}

async function makeRoles(client: Client): Promise<void> {
  await Promise.all([
    ...metricsRoles.map((role) => make(client.resource(ClusterRoleKind), role)),
    make(client.resource(ClusterRoleBindingKind), metricsRoleBinding),
  ]);
}

async function makeServices(client: Client): Promise<void> {
  await Promise.all([
    make(client.resource(ServiceKind).in("kube-system"), metricsService),
    make(client.resource(APIServiceKind), metricsApiService),
  ]);
}

/** Looks first: at every start but a cluster's first, it is there, and to be refused takes many times as long. */
async function make<T extends KubernetesObject>(resource: ResourceClient<T>, object: DraftObject<T>): Promise<void> {
  const isThere = await resource.get(object.metadata?.name ?? "").then(() => true, unless("NotFound", false));
  // Another server of the cluster may be starting too.
  if (!isThere) await resource.create(object).catch(unless("AlreadyExists", undefined));
}

function unless<Value>(reason: StatusReason, then: Value): (error: unknown) => Value {
  return (error) => {
    if (isStatus(error, reason)) return then;
    throw error;
  };
}
