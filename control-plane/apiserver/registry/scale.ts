import { type Scale, ScaleKind } from "@kubets/api";
import {
  apiVersionOf,
  badRequest,
  finish,
  invalid,
  invalidObject,
  type Kind,
  type KubernetesObject,
  methodNotAllowed,
  type ObjectMeta,
  type Response,
  type ScaleSubresource,
} from "@kubets/machinery";
import { valueAnswer } from "../request/answer.ts";
import { bodyOf, decodeAs, judge, readObjectBody, strictRefusal } from "../request/body.ts";
import { type Accepted, type ApplyMediaType, isApply, negotiate, patchTypeOf } from "../request/content.ts";
import { writeOptionsOf } from "../request/query.ts";
import { includeObjectOf, tableOf } from "../table/table.ts";
import { applied, type Configuration, readConfiguration } from "./apply.ts";
import { mutate } from "./admission.ts";
import { completerOf, write } from "./bracket.ts";
import { patcherOf } from "./patch.ts";
import { readObject } from "./read.ts";
import { mustBeNamed, namespaceOf, type ResourceRequest, type ServeEnvironment, within, writeRequestOf } from "./resource-request.ts";

/** Reads and writes how many replicas an object has, whatever its kind, as `autoscaling/v1 Scale`. */
export async function serveScale(environment: ServeEnvironment, request: ResourceRequest): Promise<Response> {
  const { context, info, resource } = request;
  const { verb, query } = context.info;
  const scale = resource.kind.subresources.scale!;
  const accepted = negotiate(context.request, query, { table: verb === "get", metadata: false, protobuf: true });
  const reading = within(environment, context);
  switch (verb) {
    case "get": {
      const object = await readObject(reading, resource, {
        namespace: namespaceOf(request),
        name: info.name,
        resourceVersion: query.get("resourceVersion") ?? "",
      });
      const answered = scaleOf(scale, object.object);
      if (accepted.projection.form !== "Table") return valueAnswer(200, answered, accepted, ScaleKind.schema);
      const { version } = accepted.projection;
      const row = { now: environment.clock.now(), include: includeObjectOf(query), version };
      return valueAnswer(200, tableOf(ScaleKind as unknown as Kind, answered, row), accepted);
    }
    case "update": {
      const options = writeOptionsOf(query, "UpdateOptions");
      const { object, complaints } = readObjectBody(context.request, ScaleKind, options.fieldValidation);
      judge(complaints, options.fieldValidation, { warn: (text) => context.warn(text), refuse: strictRefusal(ScaleKind) });
      mustBeNamed(object, info);
      return scaled(() => object, writeRequestOf(request, options));
    }
    case "patch": {
      const type = patchTypeOf(context.request);
      if (isApply(type)) return applyScale(environment, request, { type, accepted });
      const options = writeOptionsOf(query, "PatchOptions");
      const apply = patcherOf(ScaleKind, {
        type,
        body: bodyOf(context.request),
        validation: options.fieldValidation,
        warn: (text) => context.warn(text),
      });
      return scaled(apply, writeRequestOf(request, options));
    }
    default:
      throw methodNotAllowed();
  }

  async function scaled(wish: (current: Scale) => Scale, common: ReturnType<typeof writeRequestOf>): Promise<Response> {
    const { user, signal } = context;
    const complete = completerOf({ kind: ScaleKind as never });
    const subject = {
      ...common,
      operation: "UPDATE" as const,
      kind: resource.kind,
      user,
      signal,
      warn: (text: string) => context.warn(text),
    };
    // What admission changes depends on nothing but the wish, so it is asked once, about the object as it is now.
    const first = await readObject(reading, resource, { namespace: common.namespace, name: info.name, resourceVersion: "" });
    const present = scaleOf(scale, first.object);
    const asked = (await mutate(environment.admission, subject, { object: complete(wish(present)), previous: present, complete })) as Scale;
    const replicas = asked.spec.replicas ?? 0;
    if (replicas < 0) {
      throw invalidObject(ScaleKind, info.name, [invalid("spec.replicas", replicas, "must be greater than or equal to 0")]);
    }
    const written = await write(environment, {
      ...common,
      intent: "update",
      followsCurrent: true,
      propose: (current) => {
        const object = scale.withReplicas(current!.object, replicas);
        // The wish of a patch holds for whichever object is there; that of an update, for the one it names, if it names one.
        const named = verb === "patch" ? {} : identityOf(asked);
        return { object: { ...object, metadata: { ...object.metadata, ...named } }, admitted: asked };
      },
    });
    return valueAnswer(200, scaleOf(scale, written.object.object), accepted, ScaleKind.schema);
  }
}

/** A Scale as a configuration: what it says of the replicas is applied to the object. */
async function applyScale(
  environment: ServeEnvironment,
  request: ResourceRequest,
  { type, accepted }: { readonly type: ApplyMediaType; readonly accepted: Accepted },
): Promise<Response> {
  const { context, info, resource } = request;
  const { kind } = resource;
  const scale = kind.subresources.scale!;
  const options = writeOptionsOf(context.info.query, "PatchOptions", { isApply: true });
  const { object: asked } = decodeAs(ScaleKind, scaleConfiguration(await readConfiguration(context, { type, options })));
  const { replicas } = asked.spec;
  const manager = { manager: options.fieldManager, force: options.force === true, subresource: "scale", now: environment.clock.now() };
  const written = await write(environment, {
    ...writeRequestOf(request, options),
    intent: "update",
    followsCurrent: true,
    propose: (current) => {
      const { object } = current!;
      const wish = replicas === undefined ? {} : replicasOnly(scale, object, replicas);
      const config = { ...wish, apiVersion: apiVersionOf(kind), kind: kind.kind, metadata: { name: info.name, ...identityOf(asked) } };
      return finish(applied(resource, config, manager)(current));
    },
  });
  return valueAnswer(200, scaleOf(scale, written.object.object), accepted, ScaleKind.schema);
}

function scaleConfiguration(config: Configuration): Configuration {
  if (config.kind === ScaleKind.kind && config.apiVersion === apiVersionOf(ScaleKind)) return config;
  throw badRequest(`invalid object type: ${String(config.apiVersion)}, Kind=${String(config.kind)}`);
}

/** The part of an object that says how many replicas it has, wherever its kind keeps that. */
function replicasOnly(scale: ScaleSubresource<KubernetesObject>, object: KubernetesObject, replicas: number): Configuration {
  const other = scale.withReplicas(object, scale.replicas(object) + 1);
  return differingPart(object, other, scale.withReplicas(object, replicas)) as Configuration;
}

/** What of `value` stands where `a` and `b` differ. */
function differingPart(a: unknown, b: unknown, value: unknown): unknown {
  if (!isRecord(a) || !isRecord(b) || !isRecord(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .filter((name) => a[name] !== b[name])
      .map((name) => [name, differingPart(a[name], b[name], value[name])]),
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What of an object the body of a subresource insists on. */
export function identityOf({
  metadata,
}: {
  readonly metadata?: Partial<ObjectMeta>;
}): Partial<Pick<ObjectMeta, "uid" | "resourceVersion">> {
  const { uid = "", resourceVersion = "" } = metadata ?? {};
  return { ...(uid === "" ? {} : { uid }), ...(resourceVersion === "" || resourceVersion === "0" ? {} : { resourceVersion }) };
}

function scaleOf(scale: ScaleSubresource<KubernetesObject>, object: KubernetesObject): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  return {
    kind: ScaleKind.kind,
    apiVersion: apiVersionOf(ScaleKind),
    metadata: { name, ...(namespace === undefined ? {} : { namespace }), uid, resourceVersion, creationTimestamp },
    spec: { replicas: scale.replicas(object) },
    status: { replicas: scale.statusReplicas(object), selector: scale.selector(object) },
  };
}
