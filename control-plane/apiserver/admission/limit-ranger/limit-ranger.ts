import {
  type Container,
  type LimitRange,
  LimitRangeKind,
  type PersistentVolumeClaim,
  PersistentVolumeClaimKind,
  type Pod,
  PodKind,
} from "@kubets/api";
import type { AdmissionAttributes, AdmissionPlugin, ObjectReader } from "../../contracts.ts";
import { onceReady } from "../once-ready.ts";
import { isAbout, refusal } from "../refusal.ts";
import { claimProblems, podProblems } from "./bounds.ts";

/** Gives containers the resources that a LimitRange of the namespace has for those that name none, and holds Pods and claims to its bounds. */
export function limitRanger({ reader }: { readonly reader: ObjectReader }): AdmissionPlugin {
  const whenReady = onceReady(reader, LimitRangeKind);
  const rangesOf = (namespace: string): readonly LimitRange[] => reader.list(LimitRangeKind, namespace);
  return {
    name: "LimitRanger",
    mutate(attributes) {
      const { object, namespace } = attributes;
      if (attributes.operation !== "CREATE" || !isAbout(attributes, PodKind.group, PodKind.resource)) return object;
      return whenReady(() => rangesOf(namespace).reduce(withDefaults, object as Pod));
    },
    validate(attributes) {
      const judge = judgeOf(attributes);
      if (judge === undefined) return;
      return whenReady(() => {
        for (const range of rangesOf(attributes.namespace)) {
          const problems = judge(range);
          if (problems.length > 0) throw refusal(attributes, problems.length === 1 ? problems[0]! : `[${problems.join(", ")}]`);
        }
      });
    },
  };
}

/** How the write is judged; `undefined` when it can't change what is judged, or the object is on its way out. */
function judgeOf({
  operation,
  kind,
  subresource,
  object,
  previous,
}: AdmissionAttributes): ((range: LimitRange) => readonly string[]) | undefined {
  if (object === undefined || kind.group !== "" || previous?.metadata.deletionTimestamp !== undefined) return undefined;
  const isCreation = operation === "CREATE" && subresource === "";
  const isUpdate = operation === "UPDATE";
  if (kind.resource === PodKind.resource)
    return isCreation || (isUpdate && subresource === "resize") ? (range) => podProblems(range, object as Pod) : undefined;
  if (kind.resource === PersistentVolumeClaimKind.resource)
    return isCreation || (isUpdate && subresource === "") ? (range) => claimProblems(range, object as PersistentVolumeClaim) : undefined;
  return undefined;
}

const annotation = "kubernetes.io/limit-ranger";

/** The Pod with the range's defaults in every container; an annotation says what was added. */
function withDefaults(pod: Pod, { spec: { limits } }: LimitRange): Pod {
  const item = limits.findLast(({ type }) => type === "Container");
  if (item === undefined) return pod;
  const { default: ofLimits = {}, defaultRequest: ofRequests = {} } = item;
  const added: string[] = [];
  const complete = (container: Container, what: string): Container => {
    const { requests = {}, limits: own = {} } = container.resources;
    const noRequest = Object.keys(ofRequests).filter((name) => requests[name] === undefined);
    const noLimit = Object.keys(ofLimits).filter((name) => own[name] === undefined);
    if (noRequest.length > 0) added.push(`${noRequest.toSorted().join(", ")} request for ${what} ${container.name}`);
    if (noLimit.length > 0) added.push(`${noLimit.toSorted().join(", ")} limit for ${what} ${container.name}`);
    if (noRequest.length === 0 && noLimit.length === 0) return container;
    const resources = {
      ...container.resources,
      ...(noRequest.length > 0 ? { requests: { ...ofRequests, ...requests } } : {}),
      ...(noLimit.length > 0 ? { limits: { ...ofLimits, ...own } } : {}),
    };
    return { ...container, resources };
  };
  const containers = pod.spec.containers.map((container) => complete(container, "container"));
  const initContainers = pod.spec.initContainers?.map((container) => complete(container, "init container"));
  if (added.length === 0) return pod;
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      annotations: { ...pod.metadata.annotations, [annotation]: `LimitRanger plugin set: ${added.join("; ")}` },
    },
    spec: { ...pod.spec, containers, ...(initContainers === undefined ? {} : { initContainers }) },
  };
}
