import {
  addQuantities,
  formatQuantity,
  type Instant,
  milliValue,
  type ParsedQuantity,
  parseQuantity,
  wholeValue,
  zeroQuantity,
} from "@kubets/machinery";
import { type JsonObject, listAt, nameOf, namespaceOf, objectAt, textAt, textsAt } from "../json-object.ts";
import { annotationLines, eventLines, mapLines, since, timeText } from "./text.ts";

/** A Node with its Lease and the Pods on it that have not ended. */
export function describeNode(
  node: JsonObject,
  {
    lease,
    pods,
    events,
  }: { readonly lease: JsonObject | undefined; readonly pods: readonly JsonObject[]; readonly events: readonly JsonObject[] },
  now: Instant,
): string {
  const spec = (field: string): string => textAt(node, "spec", field);
  const taints = listAt(node, "spec", "taints").map((taint) => {
    const value = textAt(taint, "value");
    return `${textAt(taint, "key")}${value === "" ? "" : `=${value}`}:${textAt(taint, "effect")}`;
  });
  const cidrs = ((objectAt(node, "spec")["podCIDRs"] ?? []) as readonly string[]).join(",");
  return [
    `Name:\t${nameOf(node)}\nRoles:\t${rolesOf(node)}\n`,
    mapLines("Labels", textsAt(node, "metadata", "labels")),
    annotationLines(textsAt(node, "metadata", "annotations")),
    `CreationTimestamp:\t${timeText(textAt(node, "metadata", "creationTimestamp"))}\n`,
    taints.length === 0 ? "Taints:\t<none>\n" : taints.map((taint, index) => `${index === 0 ? "Taints:" : ""}\t${taint}\n`).join(""),
    `Unschedulable:\t${objectAt(node, "spec")["unschedulable"] === true}\n`,
    leaseLines(lease),
    conditionLines(node),
    `Addresses:\n${listAt(node, "status", "addresses")
      .map((each) => `  ${textAt(each, "type")}:\t${textAt(each, "address")}\n`)
      .join("")}`,
    quantityLines("Capacity", textsAt(node, "status", "capacity")),
    quantityLines("Allocatable", textsAt(node, "status", "allocatable")),
    systemLines(node),
    spec("podCIDR") === "" ? "" : `PodCIDR:\t${spec("podCIDR")}\n`,
    cidrs === "" ? "" : `PodCIDRs:\t${cidrs}\n`,
    spec("providerID") === "" ? "" : `ProviderID:\t${spec("providerID")}\n`,
    podLines(node, pods, now),
    eventLines(events, now),
  ].join("");
}

function rolesOf(node: JsonObject): string {
  const prefix = "node-role.kubernetes.io/";
  const roles = Object.entries(textsAt(node, "metadata", "labels")).flatMap(([key, value]) => {
    if (key.startsWith(prefix) && key.length > prefix.length) return [key.slice(prefix.length)];
    return key === "kubernetes.io/role" && value !== "" ? [value] : [];
  });
  return roles.length === 0 ? "<none>" : roles.sort().join(",");
}

function leaseLines(lease: JsonObject | undefined): string {
  if (lease === undefined) return "";
  const holder = textAt(lease, "spec", "holderIdentity") || "<unset>";
  const time = (field: string): string => timeText(textAt(lease, "spec", field));
  return `Lease:\n  HolderIdentity:\t${holder}\n  AcquireTime:\t${time("acquireTime")}\n  RenewTime:\t${time("renewTime")}\n`;
}

function conditionLines(node: JsonObject): string {
  const rows = listAt(node, "status", "conditions").map((each) => {
    const of = (field: string): string => textAt(each, field);
    return `  ${of("type")} \t${of("status")} \t${timeText(of("lastHeartbeatTime"))} \t${timeText(of("lastTransitionTime"))} \t${of("reason")} \t${of("message")}\n`;
  });
  if (rows.length === 0) return "";
  const titles = ["Type", "Status", "LastHeartbeatTime", "LastTransitionTime", "Reason", "Message"];
  return `Conditions:\n  ${titles.join("\t")}\n  ${titles.map((title) => "-".repeat(title.length)).join("\t")}\n${rows.join("")}`;
}

function quantityLines(title: string, values: Readonly<Record<string, string>>): string {
  const names = Object.keys(values).sort();
  return names.length === 0 ? "" : `${title}:\n${names.map((name) => `  ${name}:\t${values[name]}\n`).join("")}`;
}

const systemFacts: readonly (readonly [title: string, field: string])[] = [
  ["Machine ID", "machineID"],
  ["System UUID", "systemUUID"],
  ["Boot ID", "bootID"],
  ["Kernel Version", "kernelVersion"],
  ["OS Image", "osImage"],
  ["Operating System", "operatingSystem"],
  ["Architecture", "architecture"],
  ["Container Runtime Version", "containerRuntimeVersion"],
  ["Kubelet Version", "kubeletVersion"],
  ["Kube-Proxy Version", "kubeProxyVersion"],
];

function systemLines(node: JsonObject): string {
  return `System Info:\n${systemFacts.map(([title, field]) => `  ${title}:\t${textAt(node, "status", "nodeInfo", field)}\n`).join("")}`;
}

type Amounts = Readonly<Record<string, ParsedQuantity>>;

/** What a Pod asks for: its containers together, or the largest init container where that one asks for more. */
function amountsOf(pod: JsonObject, which: "requests" | "limits"): Amounts {
  const amounts: Record<string, ParsedQuantity> = {};
  for (const container of listAt(pod, "spec", "containers"))
    for (const [name, text] of Object.entries(textsAt(container, "resources", which)))
      amounts[name] = addQuantities(amounts[name] ?? zeroQuantity, parseQuantity(text));
  for (const container of listAt(pod, "spec", "initContainers"))
    for (const [name, text] of Object.entries(textsAt(container, "resources", which))) {
      const amount = parseQuantity(text);
      if (amount.nanos > (amounts[name]?.nanos ?? 0n)) amounts[name] = amount;
    }
  return amounts;
}

function podLines(node: JsonObject, pods: readonly JsonObject[], now: Instant): string {
  const allocatable = textsAt(node, "status", "allocatable");
  const cell = (amounts: Amounts, name: string): string => {
    const amount = amounts[name] ?? zeroQuantity;
    const total = allocatable[name];
    const inMillis = name === "cpu";
    const whole = total === undefined ? 0 : inMillis ? milliValue(total) : wholeValue(total);
    const share = whole === 0 ? 0 : Math.trunc(((inMillis ? milliValue(amount) : wholeValue(amount)) / whole) * 100);
    return `${formatQuantity(amount)} (${share}%)`;
  };
  const rows = pods.map((pod) => {
    const [requests, limits] = [amountsOf(pod, "requests"), amountsOf(pod, "limits")];
    const cells = [cell(requests, "cpu"), cell(limits, "cpu"), cell(requests, "memory"), cell(limits, "memory")];
    return `  ${namespaceOf(pod)}\t${nameOf(pod)}\t\t${cells.join("\t")}\t${since(textAt(pod, "metadata", "creationTimestamp"), now)}\n`;
  });
  const sum = (which: "requests" | "limits"): Amounts => {
    const total: Record<string, ParsedQuantity> = {};
    for (const pod of pods)
      for (const [name, amount] of Object.entries(amountsOf(pod, which))) total[name] = addQuantities(total[name] ?? zeroQuantity, amount);
    return total;
  };
  const [requests, limits] = [sum("requests"), sum("limits")];
  const others = Object.keys(allocatable)
    .filter((name) => name.startsWith("hugepages-"))
    .sort();
  const extended = Object.keys(allocatable)
    .filter((name) => name.includes("/"))
    .sort();
  const totals = ["cpu", "memory", "ephemeral-storage", ...others].map(
    (name) => `  ${name}\t${cell(requests, name)}\t${cell(limits, name)}\n`,
  );
  const counted = extended.map(
    (name) => `  ${name}\t${formatQuantity(requests[name] ?? zeroQuantity)}\t${formatQuantity(limits[name] ?? zeroQuantity)}\n`,
  );
  return [
    `Non-terminated Pods:\t(${pods.length} in total)\n`,
    "  Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge\n",
    "  ---------\t----\t\t------------\t----------\t---------------\t-------------\t---\n",
    ...rows,
    "Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)\n",
    "  Resource\tRequests\tLimits\n  --------\t--------\t------\n",
    ...totals,
    ...counted,
  ].join("");
}
