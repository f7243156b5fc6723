import { allContainers } from "../pod-worker/state.ts";
import type { Pod, ResourceFieldSelector, ResourceList } from "@kubets/api";
import { parseQuantity } from "@kubets/machinery";

/** What the node has for Pods, by resource: the limit of whoever has none. */
export type NodeAmounts = ResourceList;

/** A field of the Pod as text. Throws for a path that isn't one. */
export function fieldValue(pod: Pod, path: string): string {
  const { metadata, spec, status } = pod;
  const subscript = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path);
  if (subscript !== null) return metadata[subscript[1] as "labels" | "annotations"]?.[subscript[2]!] ?? "";
  switch (path) {
    case "metadata.name":
      return metadata.name;
    case "metadata.namespace":
      return metadata.namespace ?? "";
    case "metadata.uid":
      return metadata.uid;
    case "metadata.labels":
      return formatMap(metadata.labels);
    case "metadata.annotations":
      return formatMap(metadata.annotations);
    case "spec.nodeName":
      return spec.nodeName ?? "";
    case "spec.serviceAccountName":
      return spec.serviceAccountName ?? "";
    case "status.hostIP":
      return status.hostIP ?? "";
    case "status.hostIPs":
      return (status.hostIPs ?? []).map(({ ip }) => ip).join(",");
    case "status.podIP":
      return status.podIP ?? "";
    case "status.podIPs":
      return (status.podIPs ?? []).map(({ ip }) => ip).join(",");
    default:
      throw new Error(`unsupported fieldPath: ${path}`);
  }
}

function formatMap(map: Readonly<Record<string, string>> = {}): string {
  return Object.entries(map)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join("\n");
}

/** A request or limit in units of the divisor, rounded up. A limit that isn't set is what the node has. */
export function resourceValue(
  pod: Pod,
  { containerName, resource, divisor }: ResourceFieldSelector,
  ownName: string,
  allocatable: NodeAmounts,
): string {
  const wanted = containerName === undefined || containerName === "" ? ownName : containerName;
  const container = allContainers(pod).find(({ name }) => name === wanted);
  if (container === undefined) throw new Error(`container ${wanted} not found`);
  const [list = "", ...rest] = resource.split(".");
  const name = rest.join(".");
  const { limits, requests } = container.resources;
  const limit = limits?.[name] ?? allocatable[name] ?? "0";
  const amount = list === "limits" ? limit : (requests?.[name] ?? limits?.[name] ?? "0");
  const unit = divisor === undefined || parseQuantity(divisor).nanos === 0n ? 1_000_000_000n : parseQuantity(divisor).nanos;
  return String((parseQuantity(amount).nanos + unit - 1n) / unit);
}
