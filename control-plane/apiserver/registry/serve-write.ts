import {
  type Clock,
  conflict,
  finish,
  finishInTurns,
  type Kind,
  type KubernetesObject,
  type Response,
  type Steps,
} from "@kubets/machinery";
import type { RequestContext } from "../contracts.ts";
import { authorize } from "../request/authorization.ts";
import { bodyOf, judge, objectOfBody, parseLargeObjectBody, type ReadBody, readObjectBody, strictRefusal } from "../request/body.ts";
import { type Accepted, type ApplyMediaType, isApply, negotiate, patchTypeOf } from "../request/content.ts";
import { type WriteOptions, writeOptionsOf } from "../request/query.ts";
import { applied, readConfiguration } from "./apply.ts";
import { type Proposal, type Written, write } from "./bracket.ts";
import { proposedMeta } from "./metadata.ts";
import { patcherOf } from "./patch.ts";
import { answer, formsOf, isLarge, mustBeNamed, type ResourceRequest, type ServeEnvironment, writeRequestOf } from "./resource-request.ts";

export async function serveCreate(environment: ServeEnvironment, request: ResourceRequest): Promise<Response> {
  const { context, resource } = request;
  const { query } = context.info;
  const accepted = negotiate(context.request, query, formsOf(resource));
  const options = writeOptionsOf(query, "CreateOptions");
  const object = isLarge(request) ? await readLargeBody(environment, request, options) : readBody(request, options);
  const written = await write(environment, {
    ...writeRequestOf(request, options),
    name: "",
    intent: "create",
    propose: () => ({ object }),
  });
  return writtenAnswer(environment, request, { accepted, written });
}

export async function serveUpdate(environment: ServeEnvironment, request: ResourceRequest): Promise<Response> {
  const { context, info, resource } = request;
  const { query } = context.info;
  const accepted = negotiate(context.request, query, formsOf(resource));
  const options = writeOptionsOf(query, "UpdateOptions");
  const object = isLarge(request) ? await readLargeBody(environment, request, options) : readBody(request, options);
  mustBeNamed(object, info);
  const intent = resource.kind.strategy.createOnUpdate === true && info.subresource === "" ? "create or update" : "update";
  const written = await write(environment, {
    ...writeRequestOf(request, options),
    intent,
    mayCreate: createPermission(environment, context),
    propose: () => ({ object }),
  });
  return writtenAnswer(environment, request, { accepted, written });
}

export async function servePatch(environment: ServeEnvironment, request: ResourceRequest): Promise<Response> {
  const { context, info, resource } = request;
  const { query } = context.info;
  const type = patchTypeOf(context.request, resource.kind as Kind);
  if (isApply(type)) return serveApply(environment, request, type);
  const accepted = negotiate(context.request, query, formsOf(resource));
  const options = writeOptionsOf(query, "PatchOptions");
  const apply = patcherOf(resource.kind, {
    type,
    body: bodyOf(context.request),
    validation: options.fieldValidation,
    warn: (text) => context.warn(text),
  });
  if (isLarge(request)) await environment.turn();
  const written = await write(environment, {
    ...writeRequestOf(request, options),
    intent: "update",
    followsCurrent: true,
    propose: (current) => {
      const object = apply(current!.plain);
      mustBeNamed(object, info);
      return { object };
    },
  });
  return writtenAnswer(environment, request, { accepted, written });
}

/** Server-side apply: creates what isn't there, whoever may create. */
async function serveApply(environment: ServeEnvironment, request: ResourceRequest, type: ApplyMediaType): Promise<Response> {
  const { context, info, resource } = request;
  const { query } = context.info;
  const accepted = negotiate(context.request, query, formsOf(resource));
  const options = writeOptionsOf(query, "PatchOptions", { isApply: true });
  const config = await readConfiguration(context, { type, options, readYaml: isLarge(request) ? environment.readYaml : undefined });
  if (isLarge(request)) await environment.turn();
  const apply = applied(resource, config, {
    manager: options.fieldManager,
    force: options.force === true,
    subresource: info.subresource,
    now: environment.clock.now(),
  });
  const written = await write(environment, {
    ...writeRequestOf(request, options),
    intent: info.subresource === "" ? "create or update" : "update",
    mayCreate: createPermission(environment, context),
    followsCurrent: true,
    propose: (current) => {
      const steps = proposalOf(request, apply(current), current === undefined);
      return isLarge(request) ? finishInTurns(steps, environment.turn) : finish(steps);
    },
  });
  return writtenAnswer(environment, request, { accepted, written });
}

function* proposalOf(request: ResourceRequest, applied: Steps<Proposal>, isNew: boolean): Steps<Proposal> {
  const proposal = yield* applied;
  mustBeNamed(proposal.object, request.info);
  if (isNew) mustHaveNoUid(proposal.object, request);
  return proposal;
}

/** Whoever creates by an update or apply must also be allowed to create. */
function createPermission({ authorizer }: ServeEnvironment, { user, info }: RequestContext): () => Promise<void> {
  return () => authorize(authorizer, user, { ...info, verb: "create" });
}

function mustHaveNoUid(object: KubernetesObject, { resource: { kind }, info }: ResourceRequest): void {
  const { uid = "" } = proposedMeta(object);
  if (uid === "") return;
  throw conflict(kind, info.name, `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`);
}

function readBody(request: ResourceRequest, options: WriteOptions): KubernetesObject {
  const { context, resource } = request;
  return judged(request, readObjectBody(context.request, resource.kind, options.fieldValidation), options);
}

/** Others have their turn between the parsing of a large body and the rest. */
async function readLargeBody(
  { turn, readYaml }: ServeEnvironment,
  request: ResourceRequest,
  options: WriteOptions,
): Promise<KubernetesObject> {
  const { context, resource } = request;
  const parsed = await parseLargeObjectBody(context.request, resource.kind, { validation: options.fieldValidation, readYaml });
  await turn();
  const read = objectOfBody(context.request, resource.kind, parsed);
  await turn();
  return judged(request, read, options);
}

function judged(
  { context, resource: { kind } }: ResourceRequest,
  { object, complaints }: ReadBody<KubernetesObject>,
  { fieldValidation }: WriteOptions,
): KubernetesObject {
  judge(complaints, fieldValidation, { warn: (text) => context.warn(text), refuse: strictRefusal(kind) });
  return object;
}

function writtenAnswer(
  environment: { readonly clock: Clock },
  request: ResourceRequest,
  { accepted, written }: { readonly accepted: Accepted; readonly written: Written },
): Response {
  return answer(environment, request, { accepted, status: written.outcome === "created" ? 201 : 200, object: written.object });
}
