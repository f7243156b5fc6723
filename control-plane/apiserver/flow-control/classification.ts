import {
  type FlowSchema,
  FlowSchemaKind,
  type PolicyRulesWithSubjects,
  type PriorityLevelConfiguration,
  PriorityLevelConfigurationKind,
} from "@kubets/api";
import { serviceAccountUserName, type UserInfo } from "@kubets/machinery";
import type { ObjectReader, RequestInfo } from "../contracts.ts";

/** Where a request belongs: the first FlowSchema that matches it, and the priority level of that. */
export interface Classified {
  readonly schema: FlowSchema;
  readonly level: PriorityLevelConfiguration;
}

/** Finds where requests belong; `undefined` while there is nothing to tell it by. What was found is kept until a schema or level changes. */
export type Classify = (user: UserInfo, info: RequestInfo) => Classified | undefined;

/** So many sorts of requests are remembered before all are forgotten: callers make up paths. */
const mostRemembered = 10_000;

export function classifier(reader: ObjectReader): Classify {
  let madeFor: number | undefined;
  let all: readonly Classified[] = [];
  let namespacesMatter = false;
  const known = new Map<string, Classified | undefined>();

  const refresh = (): void => {
    // Both only grow.
    const now = (reader.lastChange?.(FlowSchemaKind) ?? 0) + (reader.lastChange?.(PriorityLevelConfigurationKind) ?? 0);
    if (now === madeFor) return;
    madeFor = now;
    known.clear();
    const levels = new Map(reader.list(PriorityLevelConfigurationKind, "").map((level) => [level.metadata.name, level]));
    all = reader
      .list(FlowSchemaKind, "")
      .toSorted((a, b) => a.spec.matchingPrecedence - b.spec.matchingPrecedence || (a.metadata.name < b.metadata.name ? -1 : 1))
      .flatMap((schema) => {
        const level = levels.get(schema.spec.priorityLevelConfiguration.name);
        return level === undefined ? [] : [{ schema, level }];
      });
    namespacesMatter = all.some(({ schema }) =>
      schema.spec.rules?.some(({ resourceRules = [] }) =>
        resourceRules.some(({ namespaces = [] }) => !isAny(namespaces) && namespaces.length > 0),
      ),
    );
  };

  return (user, info) => {
    refresh();
    if (all.length === 0) return undefined;
    const { resource } = info;
    const asked =
      resource === undefined
        ? info.path
        : `${resource.group}/${resource.resource}/${resource.subresource}/${namespacesMatter ? resource.namespace : resource.namespace !== ""}`;
    const key = `${info.verb} ${asked} ${user.name} ${user.groups.join()}`;
    let found = known.get(key);
    if (found === undefined && !known.has(key)) {
      if (known.size >= mostRemembered) known.clear();
      found = all.find(({ schema }) => schema.spec.rules?.some((rules) => matches(rules, user, info)));
      known.set(key, found);
    }
    return found;
  };
}

function matches(
  { subjects, resourceRules = [], nonResourceRules = [] }: PolicyRulesWithSubjects,
  user: UserInfo,
  info: RequestInfo,
): boolean {
  if (!subjects.some((subject) => isSubject(subject, user))) return false;
  const { verb, path, resource } = info;
  if (resource === undefined)
    return nonResourceRules.some(
      ({ verbs, nonResourceURLs }) => has(verbs, verb) && nonResourceURLs.some((pattern) => matchesPath(pattern, path)),
    );
  const name = resource.subresource === "" ? resource.resource : `${resource.resource}/${resource.subresource}`;
  return resourceRules.some(
    ({ verbs, apiGroups, resources, clusterScope = false, namespaces = [] }) =>
      has(verbs, verb) &&
      has(apiGroups, resource.group) &&
      has(resources, name) &&
      (resource.namespace === "" ? clusterScope : has(namespaces, resource.namespace)),
  );
}

function isSubject({ kind, user: asUser, group, serviceAccount }: PolicyRulesWithSubjects["subjects"][number], user: UserInfo): boolean {
  switch (kind) {
    case "User":
      return asUser?.name === "*" || asUser?.name === user.name;
    case "Group":
      return group?.name === "*" || user.groups.includes(group?.name ?? "");
    case "ServiceAccount": {
      const { namespace = "", name = "" } = serviceAccount ?? {};
      return name === "*"
        ? user.name.startsWith(serviceAccountUserName({ namespace, name: "" }))
        : user.name === serviceAccountUserName({ namespace, name });
    }
    default:
      return false;
  }
}

function matchesPath(pattern: string, path: string): boolean {
  return pattern === "*" || pattern === path || (pattern.endsWith("*") && path.startsWith(pattern.slice(0, -1)));
}

function has(allowed: readonly string[], value: string): boolean {
  return isAny(allowed) || allowed.includes(value);
}

function isAny(allowed: readonly string[]): boolean {
  return allowed.includes("*");
}

/** What tells a request's flow from the others of its schema. */
export function flowOf({ spec }: FlowSchema, user: UserInfo, { resource }: RequestInfo): string {
  switch (spec.distinguisherMethod?.type) {
    case "ByUser":
      return user.name;
    case "ByNamespace":
      return resource?.namespace ?? "";
    default:
      return "";
  }
}
