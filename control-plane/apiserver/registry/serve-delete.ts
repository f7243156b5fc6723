import {
  type DeleteOptions,
  deleteOptions as deleteOptionsSchema,
  type FieldError,
  invalid,
  invalidObject,
  isStatus,
  notSupported,
  type Response,
  status as statusSchema,
} from "@kubets/machinery";
import type { RequestContext } from "../contracts.ts";
import { valueAnswer } from "../request/answer.ts";
import { bodyOf, readOptionsBody } from "../request/body.ts";
import { negotiate } from "../request/content.ts";
import { dryRunErrors, integerOf, listOptionsOf } from "../request/query.ts";
import { type Deleted, deleteObject, deletionAnswer } from "./delete.ts";
import { encodingOf } from "./encoding/encoding-of.ts";
import { listAnswer } from "./list-answer.ts";
import { readList } from "./read.ts";
import { answer, formsOf, namespaceOf, projectorFor, type ResourceRequest, type ServeEnvironment, within } from "./resource-request.ts";
import { selectionOf } from "./selection.ts";

export async function serveDelete(environment: ServeEnvironment, request: ResourceRequest): Promise<Response> {
  const { context, info, resource } = request;
  const accepted = negotiate(context.request, context.info.query, formsOf(resource));
  const options = deleteOptionsOf(context);
  const dryRun = (options.dryRun ?? []).length > 0;
  const deleted = await deleteObject(environment, {
    resource,
    namespace: namespaceOf(request),
    name: info.name,
    options,
    dryRun,
    writer: context,
  });
  const shown = deletionAnswer(resource.kind, deleted);
  const status = isAcceptedOnly(deleted, options) ? 202 : 200;
  if ("bytes" in shown) return answer(environment, request, { accepted, status, object: shown });
  return valueAnswer(status, shown, accepted, statusSchema);
}

export async function serveDeleteCollection(environment: ServeEnvironment, request: ResourceRequest): Promise<Response> {
  const { context, resource } = request;
  const { query } = context.info;
  const accepted = negotiate(context.request, query, formsOf(resource));
  const options = deleteOptionsOf(context);
  const listOptions = listOptionsOf(query, false);
  const selection = selectionOf(resource, { namespace: namespaceOf(request), name: "", ...listOptions });
  const objects = await readList(within(environment, context), resource, selection, listOptions);
  const dryRun = (options.dryRun ?? []).length > 0;
  for (const { object } of objects.objects) {
    const { name, namespace = "" } = object.metadata;
    try {
      await deleteObject(environment, { resource, namespace, name, options, dryRun, writer: context });
    } catch (error) {
      // Someone else deleted it meanwhile, which is what was asked for.
      if (!isStatus(error, "NotFound")) throw error;
    }
  }
  const projector = projectorFor(environment, request, accepted);
  return listAnswer(objects, {
    projector,
    encoding: encodingOf(resource.kind, projector, accepted),
    inProcess: context.peer.via === "in-process",
  });
}

/** A client that waits for dependents is told that the deletion has only begun. */
function isAcceptedOnly({ outcome }: Deleted, { orphanDependents, propagationPolicy }: DeleteOptions): boolean {
  return outcome === "terminating" && (orphanDependents === false || propagationPolicy === "Foreground");
}

/** From the body, or without one from the query. */
function deleteOptionsOf({ request, info: { query } }: RequestContext): DeleteOptions {
  const options = bodyOf(request).length > 0 ? readOptionsBody(request, deleteOptionsSchema, "DeleteOptions") : deleteOptionsInQuery(query);
  const { orphanDependents, propagationPolicy, dryRun = [] } = options;
  const errors: FieldError[] = [];
  if (orphanDependents !== undefined && propagationPolicy !== undefined) {
    errors.push(invalid("propagationPolicy", propagationPolicy, "orphanDependents and deletionPropagation cannot be both set"));
  }
  if (propagationPolicy !== undefined && !["Foreground", "Background", "Orphan"].includes(propagationPolicy)) {
    errors.push(notSupported("propagationPolicy", propagationPolicy, ["Foreground", "Background", "Orphan", "nil"]));
  }
  errors.push(...dryRunErrors(dryRun));
  if (errors.length > 0) throw invalidObject({ group: "meta.k8s.io", kind: "DeleteOptions" }, "", errors);
  return options;
}

function deleteOptionsInQuery(query: URLSearchParams): DeleteOptions {
  const gracePeriodSeconds = integerOf(query, "gracePeriodSeconds");
  const propagationPolicy = query.get("propagationPolicy");
  const orphanDependents = query.get("orphanDependents");
  const dryRun = query.getAll("dryRun");
  return {
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(propagationPolicy === null || propagationPolicy === ""
      ? {}
      : { propagationPolicy: propagationPolicy as NonNullable<DeleteOptions["propagationPolicy"]> }),
    ...(orphanDependents === null ? {} : { orphanDependents: orphanDependents !== "false" && orphanDependents !== "0" }),
    ...(dryRun.length === 0 ? {} : { dryRun }),
  };
}
