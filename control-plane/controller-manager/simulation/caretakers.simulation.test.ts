import {
  ClusterRoleKind,
  ConfigMapKind,
  EndpointsKind,
  EndpointSliceKind,
  type Job,
  JobKind,
  NamespaceKind,
  NodeKind,
  PersistentVolumeClaimKind,
  PersistentVolumeKind,
  type Pod,
  PodKind,
  ReplicaSetKind,
  ReplicationControllerKind,
  type Secret,
  SecretKind,
  ServiceAccountKind,
  ServiceKind,
  VolumeAttachmentKind,
} from "@kubets/api";
import { formatTime, type Instant, parseTime, textOfBase64 } from "@kubets/machinery";
import { programsByImage } from "@kubets/testkit";
import { expect, test } from "vitest";
import { attachDetachController } from "../attach-detach/index.ts";
import { clusterRoleAggregationController } from "../clusterrole-aggregation/index.ts";
import { endpointsController } from "../endpoints/index.ts";
import { endpointSliceMirroringController } from "../endpointslice-mirroring/index.ts";
import { ephemeralVolumeController } from "../ephemeral-volume/index.ts";
import { persistentVolumeClaimProtection } from "../persistentvolumeclaim-protection/index.ts";
import { podGarbageCollector } from "../pod-garbage-collector/index.ts";
import { replicationController } from "../replicationcontroller/index.ts";
import { rootCaPublisher } from "../root-ca-publisher/index.ts";
import { serviceAccountController } from "../serviceaccount/index.ts";
import { tokenCleaner } from "../token-cleaner/index.ts";
import { ttlAfterFinishedController } from "../ttl-after-finished/index.ts";
import { any, attempt, isActive, isReady, kill, oneOf, patch, selector, template } from "./testing/acting.ts";
import { type Scenario, simulate } from "./testing/simulate.ts";

const some = (number: number): string => `some-${number}`;
const numbers = [0, 1, 2, 3] as const;
const sorted = (values: readonly string[]): readonly string[] => [...new Set(values)].toSorted();
const differ = (...lists: readonly (readonly string[])[]): boolean => new Set(lists.map((list) => JSON.stringify(sorted(list)))).size > 1;

/** Pods of a Service come and go, and people write Endpoints: in the end both say what there is, and proxies read the same. */
const endpoints: Scenario = {
  controllers: () => [endpointsController, endpointSliceMirroringController],
  beside: ["replicaset"],
  cluster: { programs: [() => ({ startDelay: 500 })] },
  follows: [any(EndpointsKind), any(EndpointSliceKind), any(PodKind)],
  async setUp({ cluster }) {
    const services = cluster.client.resource(ServiceKind).in("default");
    const ports = [{ port: 80 }];
    const spec = { replicas: 4, selector, template: template("web:1") };
    await cluster.client
      .resource(ReplicaSetKind)
      .in("default")
      .create({ metadata: { name: "web" }, spec });
    await services.create({ metadata: { name: "web" }, spec: { selector: { app: "web" }, ports } });
    await services.create({ metadata: { name: "by-hand" }, spec: { ports } });
  },
  async meddle(world) {
    if (world.random.fraction() < 0.5) return kill(world, oneOf(world, world.of(PodKind)));
    const byHand = world.cluster.client.resource(EndpointsKind).in("default");
    if (world.random.fraction() < 0.2) return attempt(byHand.delete("by-hand"), "NotFound");
    const addresses = numbers.filter(() => world.random.fraction() < 0.6).map((number) => ({ ip: `192.0.2.${number + 1}` }));
    const subsets = addresses.length === 0 ? [] : [{ addresses, ports: [{ port: 80 }] }];
    await attempt(byHand.create({ metadata: { name: "by-hand" } }), "AlreadyExists");
    await byHand.patch("by-hand", { subsets }, { type: "merge" });
  },
  check({ kind }, world) {
    if (kind.kind !== "EndpointSlice") return undefined;
    const mirrors = world.of(EndpointSliceKind).filter(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === "by-hand");
    return mirrors.length > 1 + world.mishaps.lostAnswers ? `${mirrors.length} mirrors of one list` : undefined;
  },
  async unreached({ cluster }) {
    const { client } = cluster;
    const lists = (await client.resource(EndpointsKind).in("default").list()).items;
    const addressesOf = (name: string): readonly string[] =>
      (lists.find(({ metadata }) => metadata.name === name)?.subsets ?? []).flatMap(({ addresses = [] }) => addresses.map(({ ip }) => ip));
    const ready = (await client.resource(PodKind).in("default").list()).items.filter(isReady).map(({ status }) => status.podIP ?? "");
    const slices = (await client.resource(EndpointSliceKind).in("default").list({ labelSelector: "kubernetes.io/service-name=by-hand" }))
      .items;
    const mirrored = slices.flatMap((slice) => slice.endpoints.flatMap(({ addresses }) => addresses));
    return differ(addressesOf("web"), ready) || differ(addressesOf("by-hand"), mirrored) ? { lists, ready, mirrored } : [];
  },
};

const authority = "the CA";

/** People take away and spoil what every namespace has, and what roles gather: it comes back. */
const households: Scenario = {
  controllers: () => [serviceAccountController, rootCaPublisher(authority), clusterRoleAggregationController],
  cluster: { nodes: 0 },
  rounds: 80,
  follows: [any(NamespaceKind), any(ClusterRoleKind)],
  async setUp({ cluster }) {
    await cluster.client
      .resource(ClusterRoleKind)
      .create({ metadata: { name: "all" }, aggregationRule: { clusterRoleSelectors: [{ matchLabels: { to: "all" } }] } });
  },
  async meddle(world) {
    const { client } = world.cluster;
    const name = some(oneOf(world, numbers));
    const luck = world.random.fraction();
    if (luck < 0.2) return attempt(client.resource(NamespaceKind).create({ metadata: { name } }), "AlreadyExists");
    if (luck < 0.35) return attempt(client.resource(ServiceAccountKind).in(name).delete("default"), "NotFound");
    if (luck < 0.5) return attempt(client.resource(ConfigMapKind).in(name).delete("kube-root-ca.crt"), "NotFound");
    const spoilt = { data: { "ca.crt": "another" } };
    if (luck < 0.6)
      return attempt(client.resource(ConfigMapKind).in(name).patch("kube-root-ca.crt", spoilt, { type: "merge" }), "NotFound");
    if (luck < 0.7) return attempt(client.resource(ClusterRoleKind).delete(name), "NotFound");
    const rules = [{ apiGroups: ["example.com"], resources: [name], verbs: ["get"] }];
    await attempt(client.resource(ClusterRoleKind).create({ metadata: { name, labels: { to: "all" } }, rules }), "AlreadyExists");
  },
  check({ kind, object }) {
    if (kind.kind !== "ClusterRole" || object?.metadata.name !== "all") return undefined;
    const { rules } = object as unknown as { readonly rules: readonly { readonly resources?: readonly string[] }[] | null };
    const strange = (rules ?? []).flatMap(({ resources = [] }) => resources).filter((resource) => !numbers.map(some).includes(resource));
    return strange.length > 0 ? `nobody gave ${strange.join()}` : undefined;
  },
  async unreached({ cluster }) {
    const { client } = cluster;
    const wrong: string[] = [];
    for (const { metadata } of (await client.resource(NamespaceKind).list()).items) {
      const accounts = (await client.resource(ServiceAccountKind).in(metadata.name).list()).items;
      if (!accounts.some((account) => account.metadata.name === "default")) wrong.push(`${metadata.name} has no account`);
      const maps = (await client.resource(ConfigMapKind).in(metadata.name).list()).items;
      const published = maps.find((map) => map.metadata.name === "kube-root-ca.crt")?.data?.["ca.crt"];
      if (published !== authority) wrong.push(`${metadata.name} trusts ${published}`);
    }
    const roles = (await client.resource(ClusterRoleKind).list({ labelSelector: "to=all" })).items.map(({ metadata }) => metadata.name);
    const gathered = ((await client.resource(ClusterRoleKind).get("all")).rules ?? []).flatMap(({ resources = [] }) => resources);
    return differ(roles, gathered) ? [...wrong, { roles, gathered }] : wrong;
  },
};

const ttlSeconds = 30;
const isEnded = ({ status }: Job): boolean =>
  status.conditions?.some(({ type, status: holds }) => type === "Complete" && holds === "True") === true;
const expirationOf = (secret: Secret): number => parseTime(textOfBase64(secret.data?.["expiration"] ?? "")) ?? 0;
const endOf = ({ status }: Job): number => parseTime(status.completionTime ?? "") ?? Infinity;

/** Tokens expire, Jobs end, and Pods are left behind by nodes: each goes, and none before its time. */
const leftovers: Scenario = {
  controllers: () => [tokenCleaner, ttlAfterFinishedController, podGarbageCollector()],
  beside: ["job", "generic-garbage-collector"],
  cluster: { programs: [programsByImage({ work: { runFor: 2_000 } })] },
  rounds: 80,
  follows: [any(SecretKind), any(JobKind), any(NodeKind), any(PodKind)],
  async setUp() {
    // People make what there is.
  },
  async meddle(world) {
    const { client, clock } = world.cluster;
    const luck = world.random.fraction();
    const name = `left-${world.random.fraction().toString(36).slice(2, 10)}`;
    if (luck < 0.35) {
      const expiration = btoa(formatTime((clock.now() + Math.floor(world.random.fraction() * 120) * 1000) as Instant));
      const data = { expiration, "token-id": btoa("abcdef"), "token-secret": btoa("0123456789abcdef") };
      const metadata = { name: `bootstrap-token-${world.random.fraction().toString(36).slice(2, 8)}` };
      await client.resource(SecretKind).in("kube-system").create({ metadata, type: "bootstrap.kubernetes.io/token", data });
      return;
    }
    if (luck < 0.7) {
      const spec = {
        ttlSecondsAfterFinished: ttlSeconds,
        template: { spec: { restartPolicy: "Never" as const, containers: [{ name: "web", image: "work" }] } },
      };
      await client.resource(JobKind).in("default").create({ metadata: { name }, spec });
      return;
    }
    await client
      .resource(PodKind)
      .in("default")
      .create({ metadata: { name }, spec: { ...template("web:1").spec, nodeName: "gone" } });
  },
  check({ kind, object, previous }, world) {
    if (object !== undefined || previous === undefined) return undefined;
    const now = world.cluster.clock.now();
    if (kind.kind === "Secret")
      return expirationOf(previous as Secret) > now ? `${previous.metadata.name} went before it expired` : undefined;
    if (kind.kind === "Job") {
      const isEarly = !isEnded(previous as Job) || endOf(previous as Job) + ttlSeconds * 1000 > now;
      return isEarly ? `${previous.metadata.name} went before its time` : undefined;
    }
    const isOnNode = kind.kind === "Pod" && world.of(NodeKind).some(({ metadata }) => metadata.name === (previous as Pod).spec.nodeName);
    return isOnNode && previous.metadata.ownerReferences === undefined
      ? `${previous.metadata.name} went from a node that is there`
      : undefined;
  },
  async unreached({ cluster }) {
    const { client } = cluster;
    const tokens = (await client.resource(SecretKind).in("kube-system").list()).items.filter(
      ({ type }) => type === "bootstrap.kubernetes.io/token",
    );
    const jobs = (await client.resource(JobKind).in("default").list()).items;
    const pods = (await client.resource(PodKind).in("default").list()).items;
    return [...tokens, ...jobs, ...pods].map(({ metadata }) => metadata.name);
  },
};

const claimNameOf = ({ metadata }: Pod): string => `${metadata.name}-scratch`;

/** Pods have volumes of their own, and people delete the claims beneath them: none goes while its Pod is there. */
const claimsInUse: Scenario = {
  controllers: () => [ephemeralVolumeController, persistentVolumeClaimProtection],
  beside: ["generic-garbage-collector"],
  follows: [any(PodKind), any(PersistentVolumeClaimKind)],
  rounds: 60,
  async setUp() {
    // People make what there is.
  },
  async meddle(world) {
    const { client } = world.cluster;
    const luck = world.random.fraction();
    if (luck < 0.35) return kill(world, oneOf(world, world.of(PodKind)));
    const claims = world.of(PersistentVolumeClaimKind);
    if (luck < 0.6 && claims.length > 0)
      return attempt(client.resource(PersistentVolumeClaimKind).in("default").delete(oneOf(world, claims).metadata.name), "NotFound");
    const spec = { accessModes: ["ReadWriteOnce" as const], storageClassName: "standard", resources: { requests: { storage: "1Gi" } } };
    const volumes = [{ name: "scratch", ephemeral: { volumeClaimTemplate: { spec } } }];
    await client
      .resource(PodKind)
      .in("default")
      .create({
        metadata: { name: `pod-${world.random.fraction().toString(36).slice(2, 8)}` },
        spec: { ...template("web:1").spec, volumes },
      });
  },
  check({ kind, object, previous }, world) {
    if (kind.kind !== "PersistentVolumeClaim" || object !== undefined || previous === undefined) return undefined;
    const isUsed = world
      .of(PodKind)
      .some((pod) => isActive(pod) && pod.spec.nodeName !== undefined && claimNameOf(pod) === previous.metadata.name);
    return isUsed ? `${previous.metadata.name} went from beneath its Pod` : undefined;
  },
  async unreached({ cluster }) {
    const pods = (await cluster.client.resource(PodKind).in("default").list()).items.filter(isActive);
    const claims = (await cluster.client.resource(PersistentVolumeClaimKind).in("default").list()).items;
    const names = claims.map(({ metadata }) => metadata.name);
    return differ(pods.map(claimNameOf), names) ? { pods: pods.map(claimNameOf), names } : [];
  },
};

/** Pods that use one volume come and go on two nodes: it is attached to one of them at a time, and in the end where it is used. */
const attachments: Scenario = {
  controllers: () => [attachDetachController],
  beside: ["persistentvolume-binder"],
  cluster: { nodes: 2 },
  follows: [any(PodKind), any(VolumeAttachmentKind)],
  rounds: 60,
  async prepare({ client }) {
    const size = { storage: "1Gi" };
    const accessModes = ["ReadWriteOnce" as const];
    const csi = { driver: "disks.example.com", volumeHandle: "disk" };
    await client
      .resource(PersistentVolumeKind)
      .create({ metadata: { name: "disk" }, spec: { accessModes, capacity: size, csi, storageClassName: "" } });
    await client
      .resource(PersistentVolumeClaimKind)
      .in("default")
      .create({
        metadata: { name: "disk" },
        spec: { accessModes, resources: { requests: size }, storageClassName: "", volumeName: "disk" },
      });
  },
  async setUp() {
    // People make what there is.
  },
  async meddle(world) {
    if (world.random.fraction() < 0.5) return kill(world, oneOf(world, world.of(PodKind)));
    const nodes = (await world.cluster.client.resource(NodeKind).list()).items;
    const volumes = [{ name: "disk", persistentVolumeClaim: { claimName: "disk" } }];
    const spec = { ...template("web:1").spec, volumes, nodeName: oneOf(world, nodes).metadata.name };
    await world.cluster.client
      .resource(PodKind)
      .in("default")
      .create({ metadata: { generateName: "web-" } as never, spec });
  },
  check({ kind }, world) {
    const count = world.of(VolumeAttachmentKind).length;
    return kind.kind === "VolumeAttachment" && count > 1 ? `attached to ${count} nodes at once` : undefined;
  },
  async unreached({ cluster }) {
    const nodes = (await cluster.client.resource(PodKind).in("default").list()).items
      .filter(isActive)
      .map(({ spec }) => spec.nodeName ?? "");
    const attached = (await cluster.client.resource(VolumeAttachmentKind).list()).items.map(({ spec }) => spec.nodeName);
    const isRight = nodes.length === 0 ? attached.length === 0 : attached.length === 1 && nodes.includes(attached[0]!);
    return isRight ? [] : { nodes, attached };
  },
};

/** Its Pods are killed and its size changes: never more Pods than it asks for, but for lost answers. */
const aReplicationController: Scenario = {
  controllers: () => [replicationController],
  follows: [any(ReplicationControllerKind), any(PodKind)],
  async setUp({ cluster }) {
    const spec = { replicas: 4, selector: { app: "web" }, template: template("web:1") };
    await cluster.client
      .resource(ReplicationControllerKind)
      .in("default")
      .create({ metadata: { name: "web" }, spec });
  },
  async meddle(world) {
    if (world.random.fraction() < 0.6) return kill(world, oneOf(world, world.of(PodKind)));
    await patch(world, any(ReplicationControllerKind), "web", { spec: { replicas: oneOf(world, [2, 4, 6]) } });
  },
  check({ kind, object, previous }, world) {
    if (kind.kind !== "Pod" || object === undefined || previous !== undefined) return undefined;
    const active = world.of(PodKind).filter(isActive).length;
    return active > 6 + world.mishaps.lostAnswers ? `${active} Pods, of 6 at most` : undefined;
  },
  async unreached({ cluster }) {
    const { status, spec } = await cluster.client.resource(ReplicationControllerKind).in("default").get("web");
    const pods = (await cluster.client.resource(PodKind).in("default").list()).items.filter(isReady);
    const counts = [status.replicas, status.readyReplicas, pods.length];
    return counts.every((count) => count === spec.replicas) ? [] : { counts, wanted: spec.replicas };
  },
};

test.each(
  Object.entries({
    "Endpoints and their mirrors": endpoints,
    "accounts, trust and roles": households,
    leftovers,
    "claims in use": claimsInUse,
    "attachments of a volume": attachments,
    "Pods of a ReplicationController": aReplicationController,
  }).flatMap(([name, scenario]) => [1, 2].map((seed) => [name, seed, scenario] as const)),
)(
  "whatever gets lost and whoever restarts, %s keep their rules at every revision and get where they should (seed %i)",
  async (_, seed, scenario) => {
    const { revisions, ...findings } = await simulate(scenario, seed);
    expect(findings).toEqual({ wrong: [], unreached: [] });
    expect(revisions).toBeGreaterThan(10);
  },
);
