import { type Container, type Pod, PodKind, type PodSpec } from "@kubets/api";
import { applyDefaults, type Draft, type Instant } from "@kubets/machinery";
import { admit } from "../admission.ts";
import { type PodEvent, step } from "../pod-machine.ts";
import type { PodState } from "../pod-state.ts";
import type { ProgramRule } from "../programs.ts";

export const noon: Instant = Date.UTC(2026, 0, 1, 12) as Instant;
export const after = (seconds: number): Instant => (noon + seconds * 1000) as Instant;

export interface PodFacts extends Partial<Omit<Draft<PodSpec>, "containers" | "initContainers">> {
  readonly containers?: readonly ContainerFacts[];
  readonly initContainers?: readonly ContainerFacts[];
  readonly status?: Draft<Pod["status"]>;
}

export type ContainerFacts = Partial<Draft<Container>> & { readonly name: string };

/** A Pod as a server answers it after it was bound. The image of a container is its name, unless said otherwise. */
export function aPod({ containers = [{ name: "main" }], initContainers, status, ...spec }: PodFacts = {}): Pod {
  const withImage = (container: ContainerFacts): ContainerFacts => ({ image: container.name, ...container });
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: "web",
      namespace: "default",
      uid: "uid-of-web",
      resourceVersion: "1",
      generation: 1,
      creationTimestamp: "2026-01-01T12:00:00Z",
    },
    spec: {
      nodeName: "node",
      containers: containers.map(withImage),
      ...(initContainers === undefined ? {} : { initContainers: initContainers.map(withImage) }),
      ...spec,
    },
    ...(status === undefined ? {} : { status }),
  };
  return applyDefaults(PodKind.schema, pod as unknown as Pod);
}

export function deleted(pod: Pod, graceSeconds: number): Pod {
  const { metadata } = pod;
  return { ...pod, metadata: { ...metadata, deletionTimestamp: "2026-01-01T12:00:00Z", deletionGracePeriodSeconds: graceSeconds } };
}

/** A Pod on a node, brought forward by hand; what it reports is at once what the API shows. */
export interface Life {
  readonly state: PodState;
  readonly pod: Pod;
  /** How often its status was written. */
  readonly writes: number;
  readonly removed: boolean;
  /** What people were told so far, as `Reason message`. */
  readonly told: readonly string[];
  /** Seconds after noon. */
  readonly wakesAt: number | undefined;
  /** What happens at `seconds` after noon. */
  at(seconds: number, event?: PodEvent): Life;
}

export function live(pod: Pod, rules: readonly ProgramRule[] = []): Life {
  return lifeFrom({ state: admit(pod, { hostIP: "172.16.0.1", podIP: "10.0.0.2" }, noon, rules), writes: 0, told: [] }, rules).at(0, {
    kind: "observed",
    pod,
  });
}

function lifeFrom({ state, writes, told }: Pick<Life, "state" | "writes" | "told">, rules: readonly ProgramRule[]): Life {
  return {
    state,
    pod: state.pod,
    writes,
    removed: false,
    told,
    wakesAt: undefined,
    at(seconds, event = { kind: "time" }) {
      const { next, effects } = step(state, event, after(seconds), rules);
      const report = effects.find(({ kind }) => kind === "report");
      const wake = effects.find(({ kind }) => kind === "wake");
      const shown = report?.kind === "report" ? { ...next, pod: { ...next.pod, status: report.status } } : next;
      const heard = effects.flatMap((effect) => (effect.kind === "tell" ? [`${effect.reason} ${effect.message}`] : []));
      return {
        ...lifeFrom({ state: shown, writes: writes + (report === undefined ? 0 : 1), told: [...told, ...heard] }, rules),
        removed: effects.some(({ kind }) => kind === "remove"),
        wakesAt: wake?.kind === "wake" ? (wake.at - noon) / 1000 : undefined,
      };
    },
  };
}
