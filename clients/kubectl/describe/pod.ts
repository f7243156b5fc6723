import { type Instant } from "@kubets/machinery";
import { type JsonObject, listAt, textAt, textsAt, valueAt } from "../json-object.ts";
import { containersText } from "./containers.ts";
import { tolerationLines } from "./pod-template.ts";
import { annotationLines, controllerLine, eventLines, mapLines, since, timeText } from "./text.ts";
import { volumesText } from "./volumes.ts";

export function describePod(pod: JsonObject, events: readonly JsonObject[], now: Instant): string {
  const meta = (...path: readonly string[]): string => textAt(pod, "metadata", ...path);
  const spec = (...path: readonly string[]): string => textAt(pod, "spec", ...path);
  const status = (...path: readonly string[]): string => textAt(pod, "status", ...path);
  const line = (title: string, value: string): string => (value === "" ? "" : `${title}:\t${value}\n`);
  const addresses = listAt(pod, "status", "podIPs").map((each) => `  IP:\t${textAt(each, "ip")}\n`);
  const conditions = listAt(pod, "status", "conditions").map((each) => `  ${textAt(each, "type")} \t${textAt(each, "status")} \n`);
  const inits = listAt(pod, "spec", "initContainers");
  return [
    `Name:\t${meta("name")}\nNamespace:\t${meta("namespace")}\n`,
    line("Priority", spec("priority")),
    line("Priority Class Name", spec("priorityClassName")),
    line("Runtime Class Name", spec("runtimeClassName")),
    line("Service Account", spec("serviceAccountName")),
    `Node:\t${spec("nodeName") === "" ? "<none>" : `${spec("nodeName")}/${status("hostIP")}`}\n`,
    line("Start Time", status("startTime") === "" ? "" : timeText(status("startTime"))),
    mapLines("Labels", textsAt(pod, "metadata", "labels")),
    annotationLines(textsAt(pod, "metadata", "annotations")),
    meta("deletionTimestamp") === ""
      ? `Status:\t${status("phase")}\n`
      : `Status:\tTerminating (lasts ${since(meta("deletionTimestamp"), now)})\nTermination Grace Period:\t${meta("deletionGracePeriodSeconds")}s\n`,
    line("Reason", status("reason")),
    line("Message", status("message")),
    line("SeccompProfile", spec("securityContext", "seccompProfile", "type")),
    `IP:\t${status("podIP")}\n`,
    addresses.length === 0 ? "IPs:\t<none>\n" : `IPs:\n${addresses.join("")}`,
    controllerLine(pod),
    line("NominatedNodeName", status("nominatedNodeName")),
    inits.length === 0 ? "" : containersText("Init Containers", inits, listAt(pod, "status", "initContainerStatuses")),
    containersText("Containers", listAt(pod, "spec", "containers"), listAt(pod, "status", "containerStatuses")),
    conditions.length === 0 ? "" : `Conditions:\n  Type\tStatus\n${conditions.join("")}`,
    volumesText(listAt(pod, "spec", "volumes")),
    line("QoS Class", status("qosClass")),
    mapLines("Node-Selectors", textsAt(pod, "spec", "nodeSelector")),
    tolerationLines(listAt(pod, "spec", "tolerations")),
    topologyLines(listAt(pod, "spec", "topologySpreadConstraints")),
    eventLines(events, now),
  ].join("");
}

function topologyLines(constraints: readonly JsonObject[]): string {
  if (constraints.length === 0) return "";
  const texts = constraints.map((each) => {
    const labels = Object.entries(textsAt(each, "labelSelector", "matchLabels")).map(([key, value]) => `${key}=${value}`);
    const selector = valueAt(each, "labelSelector") === undefined ? "" : ` for selector ${labels.join(",")}`;
    return `${textAt(each, "topologyKey")}:${textAt(each, "whenUnsatisfiable")} when max skew ${textAt(each, "maxSkew")} is exceeded${selector}`;
  });
  return texts.map((text, index) => `${index === 0 ? "Topology Spread Constraints:" : ""}\t${text}\n`).join("");
}
