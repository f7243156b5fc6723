import { type Binding, bindingObstacle, BindingKind, boundPod, type Pod, validateBinding } from "@kubets/api";
import { conflict, invalidObject, type Kind, methodNotAllowed, type Response, type Status } from "@kubets/machinery";
import type { RequestContext } from "../contracts.ts";
import { statusAnswer } from "../request/answer.ts";
import { judge, readObjectBody, strictRefusal } from "../request/body.ts";
import { negotiate } from "../request/content.ts";
import { writeOptionsOf } from "../request/query.ts";
import { mutate } from "./admission.ts";
import { completerOf, write } from "./bracket.ts";
import type { Resource } from "./resource.ts";
import { identityOf } from "./scale.ts";
import type { ServeEnvironment } from "./resource-request.ts";

const podsBinding = { group: "", resource: "pods/binding" } as const;

/** Places a Pod on a node: `POST …/pods/NAME/binding`, and the older `POST …/bindings`, whose body names the Pod. */
export async function serveBinding(environment: ServeEnvironment, context: RequestContext, pods: Resource): Promise<Response> {
  const { info, user, signal } = context;
  const { namespace, name: nameInPath } = info.resource!;
  if (info.verb !== "create") throw methodNotAllowed();
  const accepted = negotiate(context.request, info.query, { table: false, metadata: false, protobuf: true });
  const { dryRun, fieldValidation } = writeOptionsOf(info.query, "CreateOptions");
  const { object, complaints } = readObjectBody(context.request, BindingKind, fieldValidation);
  judge(complaints, fieldValidation, { warn: (text) => context.warn(text), refuse: strictRefusal(BindingKind) });
  const name = nameInPath === "" ? object.metadata.name : nameInPath;
  const complete = completerOf({ kind: BindingKind as unknown as Kind });
  const warn = (text: string): void => context.warn(text);
  const subject = {
    operation: "CREATE" as const,
    kind: pods.kind,
    namespace,
    name,
    subresource: "binding",
    options: {},
    dryRun,
    user,
    signal,
    warn,
  };
  const binding = (await mutate(environment.admission, subject, { object: complete(object), previous: undefined, complete })) as Binding;
  const errors = validateBinding(binding);
  if (errors.length > 0) throw invalidObject(BindingKind, name, errors);
  await write(environment, {
    resource: pods,
    namespace,
    name,
    subresource: "binding",
    operation: "CREATE",
    dryRun,
    options: {},
    writer: context,
    intent: "update",
    followsCurrent: true,
    propose: (current) => {
      const pod = current!.object as Pod;
      const obstacle = bindingObstacle(pod);
      if (obstacle !== undefined) throw conflict(podsBinding, name, obstacle);
      const placed = boundPod(pod, binding, environment.clock.now());
      return { object: { ...placed, metadata: { ...placed.metadata, ...identityOf(binding) } }, admitted: binding };
    },
  });
  return statusAnswer(bound, accepted);
}

const bound: Status = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 };
