import { EvictionKind, type Pod } from "@kubets/api";
import {
  badRequest,
  forbiddenTo,
  formatTime,
  internalError,
  type KubernetesObject,
  type LabelSelector,
  methodNotAllowed,
  type Response,
  selectorMatches,
  type Status,
  StatusError,
} from "@kubets/machinery";
import type { RequestContext } from "../contracts.ts";
import { statusAnswer } from "../request/answer.ts";
import { judge, readObjectBody, strictRefusal } from "../request/body.ts";
import { negotiate } from "../request/content.ts";
import { writeOptionsOf } from "../request/query.ts";
import { write } from "./bracket.ts";
import { deleteObject } from "./delete.ts";
import { readObject } from "./read.ts";
import type { Resource } from "./resource.ts";
import { type ServeEnvironment, within } from "./resource-request.ts";

/** What eviction needs of a PodDisruptionBudget. */
interface DisruptionBudget extends KubernetesObject {
  readonly spec: { readonly selector?: LabelSelector; readonly unhealthyPodEvictionPolicy?: "AlwaysAllow" | "IfHealthyBudget" };
  readonly status: {
    readonly disruptionsAllowed?: number;
    readonly desiredHealthy?: number;
    readonly currentHealthy?: number;
    readonly observedGeneration?: number;
    readonly disruptedPods?: Readonly<Record<string, string>>;
  };
}

export interface EvictionOptions {
  readonly pods: Resource;
  /** Absent when the server doesn't serve disruption budgets. */
  readonly budgets: Resource | undefined;
}

/** Deletes a Pod if its disruption budget allows it: `POST …/pods/NAME/eviction`. */
export async function serveEviction(
  environment: ServeEnvironment,
  context: RequestContext,
  { pods, budgets }: EvictionOptions,
): Promise<Response> {
  const { info } = context;
  const { namespace, name } = info.resource!;
  if (info.verb !== "create") throw methodNotAllowed();
  const accepted = negotiate(context.request, info.query, { table: false, metadata: false, protobuf: true });
  const { dryRun: dryRunInQuery, fieldValidation } = writeOptionsOf(info.query, "CreateOptions");
  const { object: eviction, complaints } = readObjectBody(context.request, EvictionKind, fieldValidation);
  judge(complaints, fieldValidation, { warn: (text) => context.warn(text), refuse: strictRefusal(EvictionKind) });
  if ((eviction.metadata?.name ?? name) !== name) throw badRequest("name in URL does not match name in Eviction object");
  const options = eviction.deleteOptions ?? {};
  const dryRun = dryRunInQuery || (options.dryRun ?? []).length > 0;
  const pod = (await readObject(within(environment, context), pods, { namespace, name, resourceVersion: "" })).object as Pod;
  if (budgets !== undefined && isProtected(pod)) await spend(environment, context, { pod, budgets, dryRun });
  const preconditions = { uid: pod.metadata.uid, ...options.preconditions };
  await deleteObject(environment, { resource: pods, namespace, name, options: { ...options, preconditions }, dryRun, writer: context });
  return statusAnswer(evicted, accepted);
}

const evicted: Status = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 };

/** A Pod that doesn't run, or goes already, costs nobody anything. */
function isProtected({ metadata, status }: Pod): boolean {
  return (
    metadata.deletionTimestamp === undefined && status.phase !== "Succeeded" && status.phase !== "Failed" && status.phase !== "Pending"
  );
}

/** Takes one of the disruptions that the Pod's budget allows. Throws `TooManyRequests` when there is none. */
async function spend(
  environment: ServeEnvironment,
  context: RequestContext,
  { pod, budgets, dryRun }: { readonly pod: Pod; readonly budgets: Resource; readonly dryRun: boolean },
): Promise<void> {
  const { namespace = "", name, labels } = pod.metadata;
  const matching = [...budgets.cache.candidates({ namespace, name: "" })]
    .map((budget) => budgets.show(budget).object as DisruptionBudget)
    .filter(({ spec }) => selectorMatches(spec.selector, labels));
  if (matching.length > 1) {
    throw internalError("This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.");
  }
  const [budget] = matching;
  if (budget === undefined || mayGoUnready(budget, pod)) return;
  await write(environment, {
    resource: budgets,
    namespace,
    name: budget.metadata.name,
    subresource: "status",
    dryRun,
    options: {},
    writer: context,
    intent: "update",
    followsCurrent: true,
    propose: (current) => {
      const present = current!.object as DisruptionBudget;
      const { disruptionsAllowed = 0, disruptedPods = {} } = present.status;
      mustAllow(present);
      const status = {
        ...present.status,
        disruptionsAllowed: disruptionsAllowed - 1,
        disruptedPods: { ...disruptedPods, [name]: formatTime(environment.clock.now()) },
      };
      const object: DisruptionBudget = { ...present, status };
      return { object };
    },
  });
}

/** A Pod that isn't ready costs a budget nothing that is met without it, or that lets such Pods always go. */
function mayGoUnready({ spec, status }: DisruptionBudget, { status: { conditions = [] } }: Pod): boolean {
  if (conditions.some(({ type, status: value }) => type === "Ready" && value === "True")) return false;
  const { currentHealthy = 0, desiredHealthy = 0 } = status;
  return spec.unhealthyPodEvictionPolicy === "AlwaysAllow" || (currentHealthy >= desiredHealthy && desiredHealthy > 0);
}

// As many Pods as upstream lets be evicted before the budget's controller has seen them go.
const mostDisrupted = 2000;

function mustAllow({ metadata, status }: DisruptionBudget): void {
  const { disruptionsAllowed = 0, desiredHealthy = 0, currentHealthy = 0, observedGeneration = 0 } = status;
  if (observedGeneration < (metadata.generation ?? 0)) {
    throw refused(`The disruption budget ${metadata.name} is still being processed by the server.`, 10);
  }
  const subject = { group: "policy", resource: "poddisruptionbudget" };
  if (disruptionsAllowed < 0) throw forbiddenTo(subject, metadata.name, "pdb disruptions allowed is negative");
  if (Object.keys(status.disruptedPods ?? {}).length > mostDisrupted) {
    throw forbiddenTo(subject, metadata.name, "DisruptedPods map too big - too many evictions not confirmed by PDB controller");
  }
  if (disruptionsAllowed > 0) return;
  throw refused(`The disruption budget ${metadata.name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`, 0);
}

function refused(because: string, retryAfterSeconds: number): StatusError {
  return new StatusError(429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.", {
    details: { causes: [{ reason: "DisruptionBudget", message: because }], ...(retryAfterSeconds === 0 ? {} : { retryAfterSeconds }) },
  });
}
