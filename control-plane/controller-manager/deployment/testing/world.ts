import { type Deployment, DeploymentKind, type Pod, type ReplicaSet } from "@kubets/api";
import type { Instant } from "@kubets/machinery";
import { anObject, noon } from "../../testing/objects.ts";
import { reconcile } from "../reconcile.ts";

export interface DeploymentFacts {
  readonly replicas: number;
  readonly image?: string;
  readonly maxSurge?: number | string;
  readonly maxUnavailable?: number | string;
  /** Whatever else the spec says. */
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export function aDeployment({
  replicas,
  image = "web:1",
  maxSurge = "25%",
  maxUnavailable = "25%",
  spec,
  annotations,
}: DeploymentFacts): Deployment {
  return anObject(DeploymentKind, "web", {
    ...(annotations === undefined ? {} : { metadata: { annotations } }),
    spec: {
      replicas,
      selector: { matchLabels: { app: "web" } },
      template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "web", image }] } },
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge, maxUnavailable } },
      ...spec,
    },
  });
}

/** A world of one Deployment and its ReplicaSets, whose Pods come up and go when the test says so. */
export class World {
  deployment: Deployment;
  replicaSets: ReplicaSet[] = [];
  events: string[] = [];
  now: Instant = noon;
  /** When the deadline for progress passes, as the last decision has it. */
  wakesIn: number | undefined;
  podsOf: (replicaSet: ReplicaSet) => readonly Pod[] = () => [];
  #made = 0;

  constructor(deployment: Deployment) {
    this.deployment = deployment;
  }

  /** Answers whether anything was decided. */
  reconcile(): boolean {
    const decision = reconcile({ deployment: this.deployment, candidates: this.replicaSets, podsOf: this.podsOf }, this.now);
    this.wakesIn = decision.requeueAfter;
    for (const action of decision.actions) {
      if (action.verb === "create") {
        const draft = action.object as unknown as ReplicaSet;
        const metadata = {
          ...draft.metadata,
          uid: `rs${this.#made}`,
          resourceVersion: "1",
          creationTimestamp: `2026-01-01T00:00:${String(this.#made++).padStart(2, "0")}Z`,
        };
        this.replicaSets.push({ ...draft, metadata, status: { replicas: 0 } });
      } else if (action.verb === "update") this.#replace(action.object as ReplicaSet);
      else if (action.verb === "updateStatus") this.deployment = action.object as Deployment;
      else if (action.verb === "delete") this.replicaSets = this.replicaSets.filter(({ metadata }) => metadata.name !== action.name);
      else if (action.verb === "event") this.events.push(action.message);
    }
    return decision.actions.length > 0;
  }

  /** One Pod of a ReplicaSet is made, becomes available, or goes: whichever its size asks for. */
  step(index: number, breaks: boolean): boolean {
    const replicaSet = this.replicaSets[index % Math.max(1, this.replicaSets.length)];
    if (replicaSet === undefined) return false;
    const { replicas, availableReplicas = 0 } = replicaSet.status;
    const wanted = replicaSet.spec.replicas;
    if (replicas > wanted) {
      // The cheapest goes first: one that isn't available, if there is one.
      const lost = availableReplicas > 0 && availableReplicas === replicas ? 1 : 0;
      this.#replace({ ...replicaSet, status: { replicas: replicas - 1, availableReplicas: availableReplicas - lost } });
    } else if (breaks && availableReplicas > 0)
      this.#replace({ ...replicaSet, status: { replicas, availableReplicas: availableReplicas - 1 } });
    else if (replicas < wanted) this.#replace({ ...replicaSet, status: { replicas: replicas + 1, availableReplicas } });
    else if (availableReplicas < replicas) this.#replace({ ...replicaSet, status: { replicas, availableReplicas: availableReplicas + 1 } });
    else return false;
    return true;
  }

  /** Somebody changes the Deployment: its spec is another, its status and annotations are as they were. */
  change(facts: DeploymentFacts): void {
    const { metadata, status } = this.deployment;
    const next = aDeployment(facts);
    this.deployment = { ...next, metadata: { ...metadata, annotations: { ...metadata.annotations, ...facts.annotations } }, status };
  }

  condition(type: string): string {
    const found = this.deployment.status.conditions?.find((each) => each.type === type);
    return found === undefined ? "none" : `${found.status} ${found.reason}`;
  }

  settle(): void {
    for (let turn = 0; turn < 2000; turn++) {
      const moved = this.reconcile() || this.replicaSets.some((_, index) => this.step(index, false));
      if (!moved) return;
    }
    throw new Error("the rollout never ends");
  }

  get sizes(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.replicaSets.map(({ spec }) => [spec.template.spec.containers[0]!.image!, spec.replicas]));
  }
  get available(): number {
    return this.replicaSets.reduce((sum, { status }) => sum + (status.availableReplicas ?? 0), 0);
  }
  get asked(): number {
    return this.replicaSets.reduce((sum, { spec }) => sum + spec.replicas, 0);
  }

  #replace(next: ReplicaSet): void {
    this.replicaSets = this.replicaSets.map((each) => (each.metadata.name === next.metadata.name ? next : each));
  }
}
