import { formatGoJson } from "@kubets/machinery";
import { type JsonObject, listAt, numberAt, objectAt, textAt, textsAt, valueAt } from "../json-object.ts";
import { indent, timeText } from "./text.ts";

/** The containers of a Pod, or of a template, which has no statuses. */
export function containersText(title: string, containers: readonly JsonObject[], statuses: readonly JsonObject[] | undefined): string {
  if (containers.length === 0) return title === "Containers" ? `${title}: <none>\n` : "";
  // In a template names stand one space to the left of where they stand in a Pod.
  const [nameIndent, level] = statuses === undefined ? [" ", 1] : ["  ", 2];
  const each = containers.map((container) => {
    const status = statuses?.find((one) => textAt(one, "name") === textAt(container, "name"));
    return `${nameIndent}${textAt(container, "name")}:\n${indent(level, containerText(container, status, statuses !== undefined))}`;
  });
  return `${title}:\n${each.join("")}`;
}

function containerText(container: JsonObject, status: JsonObject | undefined, inPod: boolean): string {
  const ports = listAt(container, "ports");
  const portText = (field: string): string =>
    ports.length === 0
      ? "<none>"
      : ports
          .map(
            (port) =>
              `${numberAt(port, field)}/${textAt(port, "protocol")}${field === "containerPort" && textAt(port, "name") !== "" ? ` (${textAt(port, "name")})` : ""}`,
          )
          .join(", ");
  const plural = ports.length > 1 ? "s" : "";
  return [
    inPod ? `Container ID:\t${textAt(status, "containerID")}\n` : "",
    `Image:\t${textAt(container, "image")}\n`,
    inPod ? `Image ID:\t${textAt(status, "imageID")}\n` : "",
    `Port${plural}:\t${portText("containerPort")}\n`,
    `Host Port${plural}:\t${portText("hostPort")}\n`,
    wordsText("Command", valueAt(container, "command")),
    wordsText("Args", valueAt(container, "args")),
    status === undefined ? "" : statusText(status),
    resourcesText(container),
    probeText("Liveness", container["livenessProbe"]),
    probeText("Readiness", container["readinessProbe"]),
    probeText("Startup", container["startupProbe"]),
    environmentFrom(container),
    environmentText(container),
    mountsText(container),
  ].join("");
}

function wordsText(title: string, words: unknown): string {
  if (!Array.isArray(words) || words.length === 0) return "";
  return `${title}:\n${words
    .flatMap((word) => String(word).split("\n"))
    .map((line) => `  ${line}\n`)
    .join("")}`;
}

function statusText(status: JsonObject): string {
  const last = objectAt(status, "lastState", "terminated");
  return [
    stateText("State", objectAt(status, "state")),
    Object.keys(last).length > 0 ? stateText("Last State", objectAt(status, "lastState")) : "",
    `Ready:\t${status["ready"] === true ? "True" : "False"}\n`,
    `Restart Count:\t${numberAt(status, "restartCount")}\n`,
  ].join("");
}

function stateText(title: string, state: JsonObject): string {
  if ("running" in state) return `${title}:\tRunning\n  Started:\t${timeText(textAt(state, "running", "startedAt"))}\n`;
  if ("terminated" in state) {
    const of = (field: string): string => textAt(state, "terminated", field);
    return [
      `${title}:\tTerminated\n`,
      of("reason") === "" ? "" : `  Reason:\t${of("reason")}\n`,
      of("message") === "" ? "" : `  Message:\t${of("message")}\n`,
      `  Exit Code:\t${of("exitCode")}\n`,
      numberAt(state, "terminated", "signal") > 0 ? `  Signal:\t${of("signal")}\n` : "",
      `  Started:\t${timeText(of("startedAt"))}\n  Finished:\t${timeText(of("finishedAt"))}\n`,
    ].join("");
  }
  const reason = textAt(state, "waiting", "reason");
  return `${title}:\tWaiting\n${reason === "" ? "" : `  Reason:\t${reason}\n`}`;
}

function resourcesText(container: JsonObject): string {
  const of = (title: string, values: Readonly<Record<string, string>>): string => {
    const names = Object.keys(values).sort();
    return names.length === 0 ? "" : `${title}:\n${names.map((name) => `  ${name}:\t${values[name]}\n`).join("")}`;
  };
  return of("Limits", textsAt(container, "resources", "limits")) + of("Requests", textsAt(container, "resources", "requests"));
}

function probeText(title: string, probe: unknown): string {
  if (typeof probe !== "object" || probe === null) return "";
  const of = (field: string): string => textAt(probe, field) || "0";
  const times = `delay=${of("initialDelaySeconds")}s timeout=${of("timeoutSeconds")}s period=${of("periodSeconds")}s #success=${of("successThreshold")} #failure=${of("failureThreshold")}`;
  return `${title}:\t${probeAction(probe)} ${times}\n`;
}

function probeAction(probe: object): string {
  if ("exec" in probe) return `exec [${((valueAt(probe, "exec", "command") ?? []) as readonly string[]).join(" ")}]`;
  if ("httpGet" in probe) {
    const of = (field: string): string => textAt(probe, "httpGet", field);
    return `http-get ${of("scheme").toLowerCase()}://${of("host")}:${of("port")}${of("path")}`;
  }
  if ("tcpSocket" in probe) return `tcp-socket ${textAt(probe, "tcpSocket", "host")}:${textAt(probe, "tcpSocket", "port")}`;
  if ("grpc" in probe) return `grpc <pod>:${textAt(probe, "grpc", "port")} ${textAt(probe, "grpc", "service")}`;
  return "unknown";
}

function environmentFrom(container: JsonObject): string {
  const sources = listAt(container, "envFrom");
  if (sources.length === 0) return "";
  const lines = sources.map((source) => {
    const [kind, member] = "configMapRef" in source ? ["ConfigMap", "configMapRef"] : ["Secret", "secretRef"];
    const prefix = textAt(source, "prefix");
    return `  ${textAt(source, member, "name")}\t${kind}${prefix === "" ? "" : ` with prefix '${prefix}'`}\tOptional: ${valueAt(source, member, "optional") === true}\n`;
  });
  return `Environment Variables from:\n${lines.join("")}`;
}

function environmentText(container: JsonObject): string {
  const variables = listAt(container, "env");
  if (variables.length === 0) return "Environment:\t<none>\n";
  return `Environment:\n${variables.map((variable) => `  ${textAt(variable, "name")}:\t${variableText(variable)}\n`).join("")}`;
}

function variableText(variable: JsonObject): string {
  const from = objectAt(variable, "valueFrom");
  const of = (...path: readonly string[]): string => textAt(from, ...path);
  if ("fieldRef" in from) return ` (${of("fieldRef", "apiVersion")}:${of("fieldRef", "fieldPath")})`;
  if ("resourceFieldRef" in from) return ` (${of("resourceFieldRef", "resource")})`;
  for (const [member, kind] of [
    ["secretKeyRef", "secret"],
    ["configMapKeyRef", "config map"],
  ] as const)
    if (member in from)
      return `<set to the key '${of(member, "key")}' ${kind === "secret" ? "in" : "of"} ${kind} '${of(member, "name")}'>\tOptional: ${of(member, "optional") === "true"}`;
  return textAt(variable, "value").replaceAll("\n", "\n\t");
}

function mountsText(container: JsonObject): string {
  const mounts = listAt(container, "volumeMounts");
  if (mounts.length === 0) return "Mounts:\t<none>\n";
  const lines = mounts
    .toSorted((a, b) => (textAt(a, "mountPath") < textAt(b, "mountPath") ? -1 : 1))
    .map((mount) => {
      const path = textAt(mount, "subPath");
      const facts = [mount["readOnly"] === true ? "ro" : "rw", ...(path === "" ? [] : [`path=${formatGoJson(path)}`])];
      return `  ${textAt(mount, "mountPath")} from ${textAt(mount, "name")} (${facts.join(",")})\n`;
    });
  return `Mounts:\n${lines.join("")}`;
}
