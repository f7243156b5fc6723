import { type Scale, ScaleKind } from "@kubets/api";
import {
  apiVersionOf,
  invalid,
  invalidObject,
  type KubernetesObject,
  methodNotAllowed,
  type ObjectMeta,
  type Response,
  type ScaleSubresource,
} from "@kubets/machinery";
import { jsonAnswer } from "../request/answer.ts";
import { bodyOf, judge, readObjectBody, strictRefusal } from "../request/body.ts";
import { negotiate, patchTypeOf } from "../request/content.ts";
import { writeOptionsOf } from "../request/query.ts";
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
  const accepted = negotiate(context.request, query, { table: false, metadata: false });
  const reading = within(environment, context);
  switch (verb) {
    case "get": {
      const object = await readObject(reading, resource, {
        namespace: namespaceOf(request),
        name: info.name,
        resourceVersion: query.get("resourceVersion") ?? "",
      });
      return jsonAnswer(200, scaleOf(scale, object.object), accepted);
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
    return jsonAnswer(200, scaleOf(scale, written.object.object), accepted);
  }
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
