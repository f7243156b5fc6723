import { type FieldError, forbidden, type IntOrString, invalid, required } from "@kubets/machinery";
import type { ExecAction, GRPCAction, HTTPGetAction, SleepAction, TCPSocketAction } from "../handlers.ts";
import type { Lifecycle } from "../lifecycle.ts";
import type { Probe } from "../probe.ts";
import { validateHeaderName, validatePortName } from "./formats.ts";
import { validateNotNegative, validatePortNumber } from "./ranges.ts";

interface Handler {
  readonly exec?: ExecAction;
  readonly httpGet?: HTTPGetAction;
  readonly tcpSocket?: TCPSocketAction;
  readonly grpc?: GRPCAction;
  readonly sleep?: SleepAction;
}

type Check = readonly [name: string, validate: () => readonly FieldError[]];

/** Exactly one handler; those after the first are refused and not looked at. */
function validateHandler(handler: Handler, field: string, gracePeriodSeconds: number): readonly FieldError[] {
  const { exec, httpGet, tcpSocket, grpc, sleep } = handler;
  const checks: readonly Check[] = [
    ...(exec === undefined ? [] : [["exec", () => validateExec(exec, `${field}.exec`)] as const]),
    ...(httpGet === undefined ? [] : [["httpGet", () => validateHttpGet(httpGet, `${field}.httpGet`)] as const]),
    ...(tcpSocket === undefined ? [] : [["tcpSocket", () => validatePortNumberOrName(tcpSocket.port, `${field}.tcpSocket.port`)] as const]),
    ...(grpc === undefined ? [] : [["grpc", () => validatePortNumber(grpc.port, `${field}.grpc.port`)] as const]),
    ...(sleep === undefined ? [] : [["sleep", () => validateSleep(sleep, `${field}.sleep`, gracePeriodSeconds)] as const]),
  ];
  const [first, ...others] = checks;
  if (first === undefined) return [required(field, "must specify a handler type")];
  return [...first[1](), ...others.map(([name]) => forbidden(`${field}.${name}`, "may not specify more than 1 handler type"))];
}

function validateExec({ command = [] }: ExecAction, field: string): readonly FieldError[] {
  return command.length === 0 ? [required(`${field}.command`)] : [];
}

function validateHttpGet({ port, httpHeaders = [] }: HTTPGetAction, field: string): readonly FieldError[] {
  return [
    ...validatePortNumberOrName(port, `${field}.port`),
    ...httpHeaders.flatMap(({ name }) => (name === "" ? [] : validateHeaderName(name, `${field}.httpHeaders`))),
  ];
}

export function validatePortNumberOrName(port: IntOrString, field: string): readonly FieldError[] {
  return typeof port === "number" ? validatePortNumber(port, field) : validatePortName(port, field);
}

function validateSleep({ seconds }: SleepAction, field: string, gracePeriodSeconds: number): readonly FieldError[] {
  if (seconds >= 0 && seconds <= gracePeriodSeconds) return [];
  return [invalid(field, seconds, `must be non-negative and less than terminationGracePeriodSeconds (${gracePeriodSeconds})`)];
}

export function validateLifecycle({ postStart, preStop }: Lifecycle, field: string, gracePeriodSeconds: number): readonly FieldError[] {
  return [
    ...(postStart === undefined ? [] : validateHandler(postStart, `${field}.postStart`, gracePeriodSeconds)),
    ...(preStop === undefined ? [] : validateHandler(preStop, `${field}.preStop`, gracePeriodSeconds)),
  ];
}

interface Probes {
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly startupProbe?: Probe;
}

export function validateProbes(probes: Probes, field: string, gracePeriodSeconds: number): readonly FieldError[] {
  const { livenessProbe, readinessProbe, startupProbe } = probes;
  return [
    ...(livenessProbe === undefined ? [] : validateKillingProbe(livenessProbe, `${field}.livenessProbe`, gracePeriodSeconds)),
    ...(readinessProbe === undefined ? [] : validateReadinessProbe(readinessProbe, `${field}.readinessProbe`, gracePeriodSeconds)),
    ...(startupProbe === undefined ? [] : validateKillingProbe(startupProbe, `${field}.startupProbe`, gracePeriodSeconds)),
  ];
}

/** A probe that kills has nothing to come back from: one success is enough. */
function validateKillingProbe(probe: Probe, field: string, gracePeriodSeconds: number): readonly FieldError[] {
  return [
    ...validateProbe(probe, field, gracePeriodSeconds),
    ...(probe.successThreshold === 1 ? [] : [invalid(`${field}.successThreshold`, probe.successThreshold, "must be 1")]),
  ];
}

function validateReadinessProbe(probe: Probe, field: string, gracePeriodSeconds: number): readonly FieldError[] {
  const seconds = probe.terminationGracePeriodSeconds;
  return [
    ...validateProbe(probe, field, gracePeriodSeconds),
    ...(seconds === undefined ? [] : [invalid(`${field}.terminationGracePeriodSeconds`, seconds, "must not be set for readinessProbes")]),
  ];
}

function validateProbe(probe: Probe, field: string, gracePeriodSeconds: number): readonly FieldError[] {
  const ownGracePeriod = probe.terminationGracePeriodSeconds;
  return [
    ...validateHandler(probe, field, gracePeriodSeconds),
    ...validateNotNegative(probe.initialDelaySeconds, `${field}.initialDelaySeconds`),
    ...validateNotNegative(probe.timeoutSeconds, `${field}.timeoutSeconds`),
    ...validateNotNegative(probe.periodSeconds, `${field}.periodSeconds`),
    ...validateNotNegative(probe.successThreshold, `${field}.successThreshold`),
    ...validateNotNegative(probe.failureThreshold, `${field}.failureThreshold`),
    ...(ownGracePeriod === undefined || ownGracePeriod > 0
      ? []
      : [invalid(`${field}.terminationGracePeriodSeconds`, ownGracePeriod, "must be greater than 0")]),
  ];
}
