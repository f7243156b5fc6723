import type { Column } from "@kubets/machinery";
import { ageColumn, nameColumn } from "../columns.ts";
import type { NodeAddress, NodeSystemInfo } from "./node-status.ts";
import type { Node } from "./node.ts";

/** What a table shows of a node. */
export const nodeColumns: readonly Column<Node>[] = [
  nameColumn,
  { name: "Status", type: "string", doc: "Whether the node is ready, and takes new Pods.", cell: statusOf },
  { name: "Roles", type: "string", doc: "The roles that the node's labels name.", cell: rolesOf },
  ageColumn,
  { name: "Version", type: "string", doc: "The kubelet's version.", cell: ({ status }) => status.nodeInfo.kubeletVersion },
  {
    name: "Internal-IP",
    type: "string",
    priority: 1,
    doc: "The address within the cluster.",
    cell: (node) => addressOf(node, "InternalIP"),
  },
  { name: "External-IP", type: "string", priority: 1, doc: "The address from outside.", cell: (node) => addressOf(node, "ExternalIP") },
  { name: "OS-Image", type: "string", priority: 1, doc: "The operating system.", cell: (node) => infoOf(node, "osImage") },
  { name: "Kernel-Version", type: "string", priority: 1, doc: "The kernel's version.", cell: (node) => infoOf(node, "kernelVersion") },
  {
    name: "Container-Runtime",
    type: "string",
    priority: 1,
    doc: "The container runtime and its version.",
    cell: (node) => infoOf(node, "containerRuntimeVersion"),
  },
];

function statusOf({ spec, status }: Node): string {
  const ready = status.conditions?.find(({ type }) => type === "Ready");
  const word = ready === undefined ? "Unknown" : ready.status === "True" ? "Ready" : "NotReady";
  return spec.unschedulable === true ? `${word},SchedulingDisabled` : word;
}

const rolePrefix = "node-role.kubernetes.io/";
const roleLabel = "kubernetes.io/role";

function rolesOf({ metadata }: Node): string {
  const roles = Object.entries(metadata.labels ?? {}).flatMap(([key, value]) => {
    if (key.startsWith(rolePrefix)) return [key.slice(rolePrefix.length)];
    return key === roleLabel ? [value] : [];
  });
  const named = [...new Set(roles.filter((role) => role !== ""))].toSorted();
  return named.length === 0 ? "<none>" : named.join(",");
}

function addressOf({ status }: Node, type: NodeAddress["type"]): string {
  return status.addresses?.find((address) => address.type === type)?.address ?? "<none>";
}

function infoOf({ status }: Node, field: Exclude<keyof NodeSystemInfo, "swap" | symbol>): string {
  const value = status.nodeInfo[field];
  return value === "" ? "<unknown>" : value;
}
