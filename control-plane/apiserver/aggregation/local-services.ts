import { type APIService, type APIServiceCondition, APIServiceKind, locallyAvailable } from "@kubets/api";
import { apiVersionOf, type Draft, formatTime, type Instant, type Kind } from "@kubets/machinery";
import type { Constants } from "../api-server.ts";
import { builtInPriority, declaredPriority } from "./priorities.ts";

/** The label that says who keeps an APIService: `onstart`, made once when the server starts; `true`, made and deleted with its kinds. */
export const automanagedLabel = "kube-aggregator.kubernetes.io/automanaged";

/** This kind's own group has no APIService: who could be asked for it? */
export const ownGroup: string = APIServiceKind.group;

/** The APIServices of all group versions that this server serves itself. */
export function localServices(kinds: readonly Kind[]): readonly Draft<APIService>[] {
  const versions = new Map(kinds.map(({ group, version }) => [apiVersionOf({ group, version }), { group, version }]));
  return [...versions.values()].filter(({ group }) => group !== ownGroup).map(localService);
}

/** Whether an APIService of {@link localServices} is the same in all servers. */
export function isBuiltIn({ metadata }: Draft<APIService>): boolean {
  return metadata?.labels?.[automanagedLabel] === "onstart";
}

/** The APIServices of what is built in. */
export function builtInConstants(kinds: readonly Kind[]): Constants {
  return { kind: APIServiceKind as unknown as Kind, objects: localServices(kinds).filter(isBuiltIn) };
}

// Of the groups that are built in, which are the same in all servers.
const builtInServices = new Map<string, Draft<APIService>>();

function localService({ group, version }: Pick<Kind, "group" | "version">): Draft<APIService> {
  const name = `${version}.${group}`;
  const known = builtInServices.get(name);
  if (known !== undefined) return known;
  const builtIn = builtInPriority({ group, version });
  const priority = builtIn ?? declaredPriority;
  const service: Draft<APIService> = {
    kind: APIServiceKind.kind,
    apiVersion: apiVersionOf(APIServiceKind),
    metadata: { name, labels: { [automanagedLabel]: builtIn === undefined ? "true" : "onstart" } },
    spec: {
      ...(group === "" ? {} : { group }),
      version,
      groupPriorityMinimum: priority.group,
      versionPriority: priority.version,
    },
  };
  if (builtIn !== undefined) builtInServices.set(name, service);
  return service;
}

/** Whether this server itself serves what an APIService is about. The core group is always its own. */
export function isLocal({ spec }: APIService): boolean {
  return spec.service === undefined || (spec.group ?? "") === "" || spec.group === ownGroup;
}

/** What is to be said of an APIService's availability. */
export interface Availability {
  readonly isAvailable: boolean;
  /** One word, as upstream says it. */
  readonly reason: string;
  readonly message: string;
}

export const localAvailability: Availability = {
  isAvailable: true,
  reason: locallyAvailable.reason ?? "",
  message: locallyAvailable.message ?? "",
};

export function isAvailable({ status }: APIService): boolean {
  return status.conditions?.some(({ type, status: value }) => type === "Available" && value === "True") === true;
}

/** The APIService with the condition as it should be; `undefined` when it is. */
export function withAvailability(service: APIService, availability: Availability, now: Instant): APIService | undefined {
  const conditions = service.status.conditions ?? [];
  const before = conditions.find(({ type }) => type === "Available");
  const { reason, message } = availability;
  const status = availability.isAvailable ? "True" : "False";
  if (before?.status === status && before.reason === reason && before.message === message) return undefined;
  const lastTransitionTime = before?.status === status ? before.lastTransitionTime : formatTime(now);
  const condition: APIServiceCondition = {
    type: "Available",
    status,
    ...(lastTransitionTime === undefined ? {} : { lastTransitionTime }),
    reason,
    message,
  };
  const others = conditions.filter(({ type }) => type !== "Available");
  return { ...service, status: { ...service.status, conditions: [...others, condition] } };
}
