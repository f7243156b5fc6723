import { type ComponentStatus, ComponentStatusKind } from "@kubets/api";
import { methodNotAllowed, type Kind, type KubernetesObject, type Response, StatusError } from "@kubets/machinery";
import { negotiate } from "../request/content.ts";
import { listOptionsOf } from "../request/query.ts";
import { CachedObject, encodeStored, storedFormOf } from "../watch-cache/cached-object.ts";
import { encodingOf } from "./encoding/encoding-of.ts";
import { listAnswer } from "./list-answer.ts";
import { answer, formsOf, projectorFor, type ResourceRequest, type ServeEnvironment } from "./resource-request.ts";
import { selectionOf } from "./selection.ts";

/** A component of the control plane whose health can be asked for. */
export interface ComponentProbe {
  readonly name: string;
  /** What the component says of itself. Rejects with the reason why it can't be called healthy. */
  probe(signal: AbortSignal): Promise<string>;
}

/** How the components are, asked anew for every request: nothing of it is kept. */
export async function serveComponentStatuses(
  environment: ServeEnvironment,
  request: ResourceRequest,
  probes: readonly ComponentProbe[],
): Promise<Response> {
  const { context, resource, info } = request;
  const { query, verb } = context.info;
  const accepted = negotiate(context.request, query, formsOf(resource));
  if (verb === "get") {
    const probe = probes.find(({ name }) => name === info.name);
    if (probe === undefined) throw new StatusError(500, "InternalError", `Component not found: ${info.name}`);
    return answer(environment, request, { accepted, status: 200, object: shown(await statusOf(probe, context.signal)) });
  }
  if (verb !== "list") throw methodNotAllowed();
  const { name, matches } = selectionOf(resource, { namespace: "", name: "", ...listOptionsOf(query, false) });
  const statuses = await Promise.all(
    probes.filter((each) => name === "" || each.name === name).map((each) => statusOf(each, context.signal)),
  );
  const objects = statuses.filter((status) => matches?.(status) !== false).map(shown);
  const projector = projectorFor(environment, request, accepted);
  const encoding = encodingOf(resource.kind, projector, accepted);
  return listAnswer({ metadata: {}, objects }, { projector, encoding, inProcess: context.peer.via === "in-process" });
}

async function statusOf({ name, probe }: ComponentProbe, signal: AbortSignal): Promise<ComponentStatus> {
  // Nothing of it is stored, so there is nothing to tell it from others by but its name.
  const metadata = { name } as ComponentStatus["metadata"];
  const healthy = (status: "False" | "True", message: string): ComponentStatus => ({
    kind: "ComponentStatus",
    apiVersion: "v1",
    metadata,
    conditions: [{ type: "Healthy", status, message }],
  });
  try {
    return healthy("True", await probe(signal));
  } catch (error) {
    return healthy("False", error instanceof Error ? error.message : String(error));
  }
}

const kind = ComponentStatusKind as unknown as Kind;
const form = storedFormOf(kind);

/** A revision would be a promise that there is something to watch. */
function shown(status: KubernetesObject): CachedObject {
  return new CachedObject(status.metadata.name, 0, encodeStored(kind, status), form);
}
