import { type Pod, PodKind, type PodSpec, type Toleration } from "@kubets/api";
import { madeOnce } from "@kubets/machinery";
import type { AdmissionPlugin } from "../../contracts.ts";
import { isAbout } from "../refusal.ts";

/** Lets Pods stay for five minutes on a node that isn't ready or can't be reached, unless they say how long. */
export function defaultTolerationSeconds({ seconds = 300 }: { readonly seconds?: number } = {}): AdmissionPlugin {
  return {
    name: "DefaultTolerationSeconds",
    mutate(attributes) {
      const { object, operation } = attributes;
      if ((operation !== "CREATE" && operation !== "UPDATE") || !isAbout(attributes, PodKind.group, PodKind.resource)) return object;
      const pod = object as Pod;
      const spec = withTolerations(pod.spec, seconds);
      return spec === pod.spec ? pod : { ...pod, spec };
    },
  };
}

/** Pods of one template share the spec. */
const withTolerations = madeOnce((spec: PodSpec, seconds: number): PodSpec => {
  const { tolerations = [] } = spec;
  const missing = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"].filter((key) => !tolerates(tolerations, key));
  if (missing.length === 0) return spec;
  const added = missing.map((key): Toleration => ({ key, operator: "Exists", effect: "NoExecute", tolerationSeconds: seconds }));
  return { ...spec, tolerations: [...tolerations, ...added] };
});

function tolerates(tolerations: readonly Toleration[], key: string): boolean {
  return tolerations.some(
    (each) => ((each.key ?? "") === "" || each.key === key) && (each.effect === undefined || each.effect === "NoExecute"),
  );
}
