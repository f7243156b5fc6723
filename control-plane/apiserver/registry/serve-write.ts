import type { Clock, KubernetesObject, Response } from "@kubets/machinery";
import { bodyOf, judge, readObjectBody, strictRefusal } from "../request/body.ts";
import { type Accepted, negotiate, patchTypeOf } from "../request/content.ts";
import { type WriteOptions, writeOptionsOf } from "../request/query.ts";
import { type Written, write } from "./bracket.ts";
import { patcherOf } from "./patch.ts";
import { answer, everyForm, mustBeNamed, type ResourceRequest, type ServeEnvironment, writeRequestOf } from "./resource-request.ts";

export async function serveCreate(environment: ServeEnvironment, request: ResourceRequest): Promise<Response> {
  const { context } = request;
  const { query } = context.info;
  const accepted = negotiate(context.request, query, everyForm);
  const options = writeOptionsOf(query, "CreateOptions");
  const object = readBody(request, options);
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
  const accepted = negotiate(context.request, query, everyForm);
  const options = writeOptionsOf(query, "UpdateOptions");
  const object = readBody(request, options);
  mustBeNamed(object, info);
  const intent = resource.kind.strategy.createOnUpdate === true && info.subresource === "" ? "create or update" : "update";
  const written = await write(environment, { ...writeRequestOf(request, options), intent, propose: () => ({ object }) });
  return writtenAnswer(environment, request, { accepted, written });
}

export async function servePatch(environment: ServeEnvironment, request: ResourceRequest): Promise<Response> {
  const { context, info, resource } = request;
  const { query } = context.info;
  const type = patchTypeOf(context.request);
  const accepted = negotiate(context.request, query, everyForm);
  const options = writeOptionsOf(query, "PatchOptions");
  const apply = patcherOf(resource.kind, {
    type,
    body: bodyOf(context.request),
    validation: options.fieldValidation,
    warn: (text) => context.warn(text),
  });
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

function readBody({ context, resource: { kind } }: ResourceRequest, { fieldValidation }: WriteOptions): KubernetesObject {
  const { object, complaints } = readObjectBody(context.request, kind, fieldValidation);
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
