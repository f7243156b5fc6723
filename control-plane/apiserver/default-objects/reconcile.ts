import {
  ClusterRoleBindingKind,
  type ClusterRole,
  ClusterRoleKind,
  ConfigMapKind,
  EndpointsKind,
  EndpointSliceKind,
  FlowSchemaKind,
  NamespaceKind,
  PriorityClassKind,
  PriorityLevelConfigurationKind,
  RoleBindingKind,
  RoleKind,
  type ConfigMap,
  type Endpoints,
  type EndpointSlice,
  type Service,
  type ServiceCIDR,
  ServiceCIDRKind,
  ServiceKind,
} from "@kubets/api";
import { type Draft, isStatus, type Kind, type KubernetesObject, sameJson } from "@kubets/machinery";
import type { Constants } from "../api-server.ts";
import type { ObjectReader, ObjectWriter } from "../contracts.ts";
import { reaggregated } from "./aggregation.ts";
import {
  type ApiServerAddress,
  type ClientTrust,
  defaultNamespaces,
  defaultPriorityClasses,
  extensionAuthentication,
  kubernetesEndpoints,
  kubernetesEndpointSlice,
  kubernetesService,
  kubernetesServiceCIDR,
} from "./cluster-objects.ts";
import { defaultFlowSchemas, defaultPriorityLevels } from "./flow-control-objects.ts";
import {
  defaultClusterRoleBindings,
  defaultClusterRoles,
  defaultRoleBindings,
  defaultRoles,
  repairedBinding,
  repairedRole,
} from "./roles.ts";

export interface DefaultObjectOptions {
  readonly writer: ObjectWriter;
  readonly reader: ObjectReader;
  /** Where Services get their addresses, as the server was told; nothing is said of them when absent. */
  readonly serviceRanges?: readonly string[];
  /** Absent where the server isn't reached over a network: then there is no Service `kubernetes`. */
  readonly apiServer?: ApiServerAddress;
  readonly trust?: ClientTrust;
}

/**
 * Creates what every cluster begins with and is missing, and repairs what a newer version of it has more of: namespaces, roles and
 * bindings, priority classes, and the Service by which Pods reach the server. Doing it twice changes nothing.
 */
export async function reconcileDefaultObjects({ writer, reader, serviceRanges, apiServer, trust }: DefaultObjectOptions): Promise<void> {
  const ensure = <T extends KubernetesObject>(kind: Kind<T>, wanted: readonly Draft<T>[], repair?: Repair<T>): Promise<number> =>
    ensureAll({ writer, reader }, kind, wanted, repair);
  // Other in every cluster.
  const create = (kind: Kind, object: object): Promise<unknown> => writer.create(kind, object);
  const ensureOwn = <T extends KubernetesObject>(kind: Kind<T>, wanted: Draft<T>, repair: Repair<T>): Promise<number> =>
    ensureAll({ writer, reader, create }, kind, [wanted], repair);

  await Promise.all([
    ensure(NamespaceKind, defaultNamespaces),
    // Before the Services that have addresses of it.
    ...(serviceRanges === undefined ? [] : [ensure(ServiceCIDRKind, [kubernetesServiceCIDR(serviceRanges)], withSecondRange)]),
  ]);
  await reader.ready(ClusterRoleKind);
  const isNew = reader.list(ClusterRoleKind, "").length === 0;
  const [newRoles] = await Promise.all([
    ensure(ClusterRoleKind, isNew ? newClusterRoles() : defaultClusterRoles, repairedRole),
    ensure(ClusterRoleBindingKind, defaultClusterRoleBindings, repairedBinding),
    ensure(RoleKind, defaultRoles, repairedRole),
    ensure(RoleBindingKind, defaultRoleBindings, repairedBinding),
    ensure(PriorityClassKind, defaultPriorityClasses),
    ...(apiServer === undefined
      ? []
      : [
          ensureOwn(ServiceKind, kubernetesService(apiServer), withPorts),
          ensureOwn(EndpointsKind, kubernetesEndpoints(apiServer), withSubsets),
          ensureOwn(EndpointSliceKind, kubernetesEndpointSlice(apiServer), withEndpoints),
        ]),
    ...(trust === undefined ? [] : [ensureOwn(ConfigMapKind, extensionAuthentication(trust), withData)]),
  ]);
  // Roles of users may be gathered as well, so the present ones are asked, not the defaults. A new cluster has none.
  if (isNew && newRoles === defaultClusterRoles.length) return;
  for (const role of reaggregated(reader.list(ClusterRoleKind, ""))) await attempt(() => writer.update(ClusterRoleKind, role));
}

/** The object as it should be, or `undefined` when it is. */
export type Repair<T extends KubernetesObject> = (present: T, wanted: Draft<T>) => T | undefined;

interface Access {
  readonly writer: ObjectWriter;
  readonly reader: ObjectReader;
  /** How what is missing is created; as constants when absent. */
  readonly create?: (kind: Kind, object: object) => Promise<unknown>;
}

/** Answers how many were missing. */
export async function ensureAll<T extends KubernetesObject>(
  { writer, reader, create = (of, object) => writer.createConstant(of, object) }: Access,
  kind: Kind<T>,
  wanted: readonly Draft<T>[],
  repair?: Repair<T>,
): Promise<number> {
  await reader.ready(kind);
  let missing = 0;
  await Promise.all(
    wanted.map(async (object) => {
      const { namespace = "", name = "" } = object.metadata as { readonly namespace?: string; readonly name?: string };
      const present = reader.get(kind, namespace, name);
      if (present === undefined) {
        missing++;
        return attempt(() => create(kind as unknown as Kind, object));
      }
      const repaired = repair?.(present, object);
      if (repaired !== undefined) await attempt(() => writer.update(kind, repaired));
    }),
  );
  return missing;
}

/** Another server that starts beside this one may have been faster: it wrote the same. */
async function attempt(write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!isStatus(error, "AlreadyExists", "Conflict")) throw error;
  }
}

const constantsOf = <T extends KubernetesObject>(kind: Kind<T>, objects: readonly Draft<T>[]): Constants => ({
  kind: kind as unknown as Kind,
  objects: objects as readonly object[],
});

/** What a new cluster is given as it is given to all. */
export function defaultConstants(): readonly Constants[] {
  return [
    constantsOf(NamespaceKind, defaultNamespaces),
    constantsOf(ClusterRoleKind, newClusterRoles()),
    constantsOf(ClusterRoleBindingKind, defaultClusterRoleBindings),
    constantsOf(RoleKind, defaultRoles),
    constantsOf(RoleBindingKind, defaultRoleBindings),
    constantsOf(PriorityClassKind, defaultPriorityClasses),
    constantsOf(PriorityLevelConfigurationKind, defaultPriorityLevels),
    constantsOf(FlowSchemaKind, defaultFlowSchemas),
  ];
}

function newClusterRoles(): readonly Draft<ClusterRole>[] {
  return (gatheredClusterRoles ??= withGatheredRules(defaultClusterRoles));
}

/** The same for every cluster of a process. */
let gatheredClusterRoles: readonly Draft<ClusterRole>[] | undefined;

/** So that the first start writes the gathering roles once, not twice. */
function withGatheredRules(roles: readonly Draft<ClusterRole>[]): readonly Draft<ClusterRole>[] {
  const gathering = new Map(reaggregated(roles).map((role) => [role.metadata.name, role]));
  return roles.map((role) => gathering.get(role.metadata.name) ?? role);
}

// The server keeps these to itself; what operators change in them (other than labels and annotations) is undone at the next start.

/** A range never changes; a second one may come to it. */
const withSecondRange: Repair<ServiceCIDR> = (present, { spec }) => {
  const [before = [], wanted = []] = [present.spec.cidrs, spec?.cidrs];
  return before.length === 1 && wanted.length === 2 && before[0] === wanted[0] ? { ...present, spec: { cidrs: wanted } } : undefined;
};

const withPorts: Repair<Service> = (present, { spec: wanted }) => {
  const { port, targetPort } = wanted?.ports?.[0] ?? {};
  const [first] = present.spec.ports ?? [];
  if (present.spec.ports?.length === 1 && first?.port === port && first?.targetPort === targetPort) return undefined;
  return {
    ...present,
    spec: {
      ...present.spec,
      ports: [{ name: "https", protocol: "TCP", port: port ?? 443, ...(targetPort === undefined ? {} : { targetPort }) }],
    },
  };
};

const withSubsets: Repair<Endpoints> = (present, { subsets }) =>
  sameJson(present.subsets, subsets) ? undefined : { ...present, subsets: subsets as Endpoints["subsets"] & {} };

const withEndpoints: Repair<EndpointSlice> = (present, wanted) =>
  sameJson(present.endpoints, wanted.endpoints) && sameJson(present.ports, wanted.ports)
    ? undefined
    : { ...present, endpoints: wanted.endpoints as EndpointSlice["endpoints"], ports: wanted.ports as EndpointSlice["ports"] };

const withData: Repair<ConfigMap> = (present, { data }) =>
  Object.entries(data ?? {}).every(([key, value]) => present.data?.[key] === value)
    ? undefined
    : { ...present, data: { ...present.data, ...data } };
