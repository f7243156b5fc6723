import { type Pod, PodKind, type RuntimeClass, RuntimeClassKind, type Toleration } from "@kubets/api";
import { compareQuantities, sameJson, type StatusError } from "@kubets/machinery";
import type { AdmissionAttributes, AdmissionPlugin, ObjectReader } from "../../contracts.ts";
import { isAbout, refusal } from "../refusal.ts";

/** Gives Pods what their RuntimeClass says of them: its overhead, and where its nodes are. A class that isn't there refuses the Pod. */
export function runtimeClass({ reader }: { readonly reader: ObjectReader }): AdmissionPlugin {
  const classOf = (attributes: AdmissionAttributes, { runtimeClassName: name }: Pod["spec"]): RuntimeClass | undefined => {
    if (name === undefined || name === "") return undefined;
    const found = reader.get(RuntimeClassKind, "", name);
    if (found === undefined) throw rejected(attributes, `RuntimeClass ${JSON.stringify(name)} not found`);
    return found;
  };
  return {
    name: "RuntimeClass",
    mutate(attributes) {
      const { object, operation } = attributes;
      if (operation !== "CREATE" || !isAbout(attributes, PodKind.group, PodKind.resource)) return object;
      const pod = object as Pod;
      const found = classOf(attributes, pod.spec);
      return found === undefined ? pod : { ...pod, spec: placed(attributes, withOverhead(attributes, pod.spec, found), found) };
    },
    validate(attributes) {
      const { object, operation } = attributes;
      if (operation !== "CREATE" || !isAbout(attributes, PodKind.group, PodKind.resource)) return;
      const { spec } = object as Pod;
      const overhead = classOf(attributes, spec)?.overhead?.podFixed;
      if (spec.overhead !== undefined && overhead === undefined)
        throw rejected(attributes, "Pod Overhead set without corresponding RuntimeClass defined Overhead");
    },
  };
}

function rejected(attributes: AdmissionAttributes, problem: string): StatusError {
  return refusal(attributes, `pod rejected: ${problem}`);
}

function withOverhead(attributes: AdmissionAttributes, spec: Pod["spec"], { overhead }: RuntimeClass): Pod["spec"] {
  const fixed = overhead?.podFixed;
  if (fixed === undefined) return spec;
  if (spec.overhead !== undefined && !isSame(spec.overhead, fixed))
    throw rejected(attributes, "Pod's Overhead doesn't match RuntimeClass's defined Overhead");
  return { ...spec, overhead: fixed };
}

function isSame(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length && names.every((name) => b[name] !== undefined && compareQuantities(a[name]!, b[name]) === 0)
  );
}

/** The nodes that both the Pod and its class want, and the tolerations of both. */
function placed(attributes: AdmissionAttributes, spec: Pod["spec"], { scheduling }: RuntimeClass): Pod["spec"] {
  if (scheduling === undefined) return spec;
  const { nodeSelector = {}, tolerations = [] } = scheduling;
  const own = spec.nodeSelector ?? {};
  for (const [key, value] of Object.entries(nodeSelector)) {
    if (own[key] === undefined || own[key] === value) continue;
    throw refusal(
      attributes,
      `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own[key]}`,
    );
  }
  const selector = { ...own, ...nodeSelector };
  const given: readonly Toleration[] = spec.tolerations ?? [];
  const all = [...given, ...tolerations.filter((each) => !given.some((other) => sameJson(each, other)))];
  return {
    ...spec,
    ...(Object.keys(selector).length === 0 ? {} : { nodeSelector: selector }),
    ...(all.length === 0 ? {} : { tolerations: all }),
  };
}
