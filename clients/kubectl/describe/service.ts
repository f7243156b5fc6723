import type { Instant } from "@kubets/machinery";
import { type JsonObject, listAt, numberAt, textAt, textsAt, valueAt } from "../json-object.ts";
import { eventLines, heading, pairs } from "./text.ts";

/** A Service with the EndpointSlices that carry its name. */
export function describeService(service: JsonObject, slices: readonly JsonObject[], events: readonly JsonObject[], now: Instant): string {
  const spec = (field: string): string => textAt(service, "spec", field);
  const texts = (field: string): readonly string[] => (valueAt(service, "spec", field) as readonly string[] | undefined) ?? [];
  const ingress = listAt(service, "status", "loadBalancer", "ingress").map((each) => textAt(each, "ip") || textAt(each, "hostname"));
  const line = (title: string, value: string): string => (value === "" ? "" : `${title}:\t${value}\n`);
  return [
    heading(service),
    `Selector:\t${pairs(textsAt(service, "spec", "selector"))}\n`,
    `Type:\t${spec("type")}\n`,
    line("IP Family Policy", spec("ipFamilyPolicy")),
    `IP Families:\t${texts("ipFamilies").length === 0 ? "<none>" : texts("ipFamilies").join(",")}\n`,
    `IP:\t${spec("clusterIP")}\n`,
    `IPs:\t${texts("clusterIPs").length === 0 ? "<none>" : texts("clusterIPs").join(",")}\n`,
    texts("externalIPs").length === 0 ? "" : `External IPs:\t${texts("externalIPs").join(",")}\n`,
    line("Desired LoadBalancer IP", spec("loadBalancerIP")),
    line("External Name", spec("externalName")),
    ingress.length === 0 ? "" : `LoadBalancer Ingress:\t${ingress.join(", ")}\n`,
    ...listAt(service, "spec", "ports").map((port) => portLines(port, slices)),
    `Session Affinity:\t${spec("sessionAffinity")}\n`,
    line("External Traffic Policy", spec("externalTrafficPolicy")),
    line("Internal Traffic Policy", spec("internalTrafficPolicy")),
    numberAt(service, "spec", "healthCheckNodePort") === 0 ? "" : `HealthCheck NodePort:\t${spec("healthCheckNodePort")}\n`,
    texts("loadBalancerSourceRanges").length === 0 ? "" : `LoadBalancer Source Ranges:\t${texts("loadBalancerSourceRanges").join(",")}\n`,
    eventLines(events, now),
  ].join("");
}

function portLines(port: JsonObject, slices: readonly JsonObject[]): string {
  const name = textAt(port, "name");
  const shown = name === "" ? "<unset>" : name;
  const protocol = textAt(port, "protocol");
  const nodePort = numberAt(port, "nodePort");
  return [
    `Port:\t${shown}\t${textAt(port, "port")}/${protocol}\n`,
    `TargetPort:\t${textAt(port, "targetPort")}/${protocol}\n`,
    nodePort === 0 ? "" : `NodePort:\t${shown}\t${nodePort}/${protocol}\n`,
    `Endpoints:\t${endpointsText(name, slices)}\n`,
  ].join("");
}

/** At most three addresses; how many more there are is said. */
function endpointsText(portName: string, slices: readonly JsonObject[]): string {
  const all = slices.flatMap((slice) =>
    listAt(slice, "ports")
      .filter((port) => textAt(port, "name") === portName)
      .flatMap((port) =>
        listAt(slice, "endpoints")
          .filter((endpoint) => valueAt(endpoint, "conditions", "ready") !== false)
          .flatMap((endpoint) =>
            (valueAt(endpoint, "addresses") as readonly string[]).map((address) => joined(address, textAt(port, "port"))),
          ),
      ),
  );
  if (slices.length === 0) return "<none>";
  return all.slice(0, 3).join(",") + (all.length > 3 ? ` + ${all.length - 3} more...` : "");
}

const joined = (address: string, port: string): string => (address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`);
