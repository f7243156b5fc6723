import { type Pod, PodKind, type PodSpec, type PriorityClass, PriorityClassKind } from "@kubets/api";
import { madeOnce } from "@kubets/machinery";
import type { AdmissionAttributes, AdmissionPlugin, ObjectReader } from "../../contracts.ts";
import { onceReady } from "../once-ready.ts";
import { isAbout, refusal } from "../refusal.ts";

/** Turns the name of a Pod's priority class into its priority. Users name classes; the number follows from them. */
export function priority({ reader }: { readonly reader: ObjectReader }): AdmissionPlugin {
  const whenReady = onceReady(reader, PriorityClassKind);
  return {
    name: "Priority",
    mutate(attributes) {
      const { object, operation, previous } = attributes;
      if (!isAbout(attributes, PodKind.group, PodKind.resource)) return object;
      const pod = object as Pod;
      if (operation === "CREATE") return whenReady(() => admitPod(attributes, pod, reader));
      return operation === "UPDATE" ? keepPriority(pod, previous as Pod) : pod;
    },
    validate(attributes) {
      const { object, operation } = attributes;
      if (operation !== "CREATE" && operation !== "UPDATE") return;
      if (!isAbout(attributes, PriorityClassKind.group, PriorityClassKind.resource)) return;
      if ((object as PriorityClass).globalDefault === true) return whenReady(() => mustBeOnlyDefault(attributes, reader));
    },
  };
}

function mustBeOnlyDefault(attributes: AdmissionAttributes, reader: ObjectReader): void {
  const present = defaultClass(reader.list(PriorityClassKind, ""));
  if (present === undefined || (attributes.operation === "UPDATE" && present.metadata.name === attributes.name)) return;
  throw refusal(attributes, `PriorityClass ${present.metadata.name} is already marked as default. Only one default can exist`);
}

function admitPod(attributes: AdmissionAttributes, pod: Pod, reader: ObjectReader): Pod {
  const { spec } = pod;
  const named = spec.priorityClassName ?? "";
  const found = named === "" ? defaultClass(reader.list(PriorityClassKind, "")) : reader.get(PriorityClassKind, "", named);
  if (named !== "" && found === undefined) throw refusal(attributes, `no PriorityClass with name ${named} was found`);
  const computed = found?.value ?? 0;
  const preemptionPolicy = found?.preemptionPolicy ?? "PreemptLowerPriority";
  if (spec.priority !== undefined && spec.priority !== computed) {
    throw refusal(
      attributes,
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${computed} from the given PriorityClass name`,
    );
  }
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== preemptionPolicy) {
    throw refusal(
      attributes,
      `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${preemptionPolicy} from the given PriorityClass name`,
    );
  }
  return {
    ...pod,
    spec: withPriority(spec, found?.metadata.name, computed, preemptionPolicy === "Never" ? "Never" : "PreemptLowerPriority"),
  };
}

/** Pods of one template share the spec. */
const withPriority = madeOnce(
  (spec: PodSpec, name: string | undefined, priority: number, preemptionPolicy: NonNullable<PodSpec["preemptionPolicy"]>): PodSpec => ({
    ...spec,
    ...(name === undefined ? {} : { priorityClassName: name }),
    priority,
    preemptionPolicy,
  }),
);

/** Of several defaults (a race may make them) the lowest counts. */
function defaultClass(classes: readonly PriorityClass[]): PriorityClass | undefined {
  let lowest: PriorityClass | undefined;
  for (const each of classes) {
    if (each.globalDefault === true && (lowest === undefined || each.value < lowest.value)) lowest = each;
  }
  return lowest;
}

/** Older clients drop fields that they don't know; the priority of a Pod never changes. */
function keepPriority(pod: Pod, { spec: before }: Pod): Pod {
  const priorityLost = pod.spec.priority === undefined && before.priority !== undefined;
  const policyLost = pod.spec.preemptionPolicy === undefined && before.preemptionPolicy !== undefined;
  if (!priorityLost && !policyLost) return pod;
  return {
    ...pod,
    spec: {
      ...pod.spec,
      ...(priorityLost ? { priority: before.priority } : {}),
      ...(policyLost ? { preemptionPolicy: before.preemptionPolicy } : {}),
    },
  };
}
