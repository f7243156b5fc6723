import { type Container, type Pod, PodKind, type PodSpec } from "@kubets/api";
import type { ContainerId, PodSandboxId } from "@kubets/container-runtime";
import { applyDefaults, type Draft, type Instant } from "@kubets/machinery";
import { adopt, nothingRuns } from "../pod-worker/adopt.ts";
import type { PodEffect, PodEvent } from "../pod-worker/events.ts";
import type { PodWorkerState } from "../pod-worker/state.ts";
import { step } from "../pod-worker/step.ts";

export const noon: Instant = Date.UTC(2026, 0, 1, 12) as Instant;
export const after = (seconds: number): Instant => (noon + seconds * 1000) as Instant;

export type ContainerFacts = Partial<Draft<Container>> & { readonly name: string };

export interface PodFacts extends Partial<Omit<Draft<PodSpec>, "containers" | "initContainers">> {
  readonly containers?: readonly ContainerFacts[];
  readonly initContainers?: readonly ContainerFacts[];
}

/** A Pod as a server answers it after it was bound. The image of a container is its name, unless said otherwise. */
export function aPod({ containers = [{ name: "main" }], initContainers, ...spec }: PodFacts = {}): Pod {
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
  };
  return applyDefaults(PodKind.schema, pod as unknown as Pod);
}

export function deleted(pod: Pod, graceSeconds: number): Pod {
  return { ...pod, metadata: { ...pod.metadata, deletionTimestamp: "2026-01-01T12:00:00Z", deletionGracePeriodSeconds: graceSeconds } };
}

/** A Pod on a node, brought forward by hand; what it reports is at once what the API shows. */
export interface Life {
  readonly state: PodWorkerState;
  readonly pod: Pod;
  /** What the last event led to, besides reports. */
  readonly effects: readonly PodEffect[];
  /** Such as `startSandbox`, `ensureImage main`. */
  readonly asked: readonly string[];
  readonly wakesAt: number | undefined;
  /** What happens at `seconds` after noon. */
  at(seconds: number, ...events: readonly PodEvent[]): Life;
}

export function live(pod: Pod): Life {
  return lifeOf(adopt(pod, nothingRuns, { nodeAddress: "172.16.0.1", now: noon }), []).at(0, { kind: "observed", pod });
}

export const sandbox = "sandbox" as PodSandboxId;
export const idOf = (container: string, attempt = 0): ContainerId => `${container}-${attempt}` as ContainerId;

export const sandboxStarted: PodEvent = { kind: "sandboxStarted", id: sandbox, ips: ["10.0.0.2"] };
export const imageReady = (container: string): PodEvent => ({ kind: "imageReady", container, imageRef: `sha256:${container}` });
export const started = (container: string, seconds: number, attempt = 0): PodEvent => ({
  kind: "containerStarted",
  container,
  id: idOf(container, attempt),
  startedAt: after(seconds),
});
export const exited = (container: string, seconds: number, exitCode: number, attempt = 0): PodEvent => ({
  kind: "exited",
  container,
  id: idOf(container, attempt),
  exitCode,
  reason: "",
  finishedAt: after(seconds),
});

function lifeOf(state: PodWorkerState, effects: readonly PodEffect[]): Life {
  const rest = effects.filter(({ kind }) => kind !== "report");
  const wake = effects.findLast((effect) => effect.kind === "wake");
  return {
    state,
    pod: state.pod,
    effects: rest,
    asked: rest.flatMap((effect) =>
      effect.kind === "tell" || effect.kind === "wake" ? [] : ["container" in effect ? `${effect.kind} ${effect.container}` : effect.kind],
    ),
    wakesAt: wake === undefined ? undefined : (wake.at - noon) / 1000,
    at(seconds, ...events) {
      let [next, all]: [PodWorkerState, PodEffect[]] = [state, []];
      for (const event of events.length === 0 ? [{ kind: "time" } as const] : events) {
        const stepped = step(next, event, after(seconds));
        const report = stepped.effects.find((effect) => effect.kind === "report");
        next = report === undefined ? stepped.next : { ...stepped.next, pod: { ...stepped.next.pod, status: report.status } };
        all = [...all, ...stepped.effects];
      }
      // As after a write: what was reported is looked at once more.
      const settled = step(next, { kind: "time" }, after(seconds));
      return lifeOf(settled.next, [...all, ...settled.effects.filter(({ kind }) => kind !== "wake")]);
    },
  };
}
