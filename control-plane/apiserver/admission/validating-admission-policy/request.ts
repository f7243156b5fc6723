import { celTypeOfSchema, type CelType, type StructuralSchema } from "@kubets/machinery/cel";
import type { AdmissionAttributes } from "../../contracts.ts";

const text: StructuralSchema = { type: "string" };
const texts: StructuralSchema = { type: "array", items: text };
const groupVersionKind: StructuralSchema = { type: "object", properties: { group: text, version: text, kind: text } };
const groupVersionResource: StructuralSchema = { type: "object", properties: { group: text, version: text, resource: text } };

/** The type of the variable `request`: an AdmissionRequest without the objects, which are variables of their own. */
export const requestType: CelType = celTypeOfSchema(
  {
    type: "object",
    properties: {
      kind: groupVersionKind,
      resource: groupVersionResource,
      subResource: text,
      requestKind: groupVersionKind,
      requestResource: groupVersionResource,
      requestSubResource: text,
      name: text,
      namespace: text,
      operation: text,
      userInfo: {
        type: "object",
        properties: { username: text, uid: text, groups: texts, extra: { type: "object", additionalProperties: texts } },
      },
      dryRun: { type: "boolean" },
      options: { "x-kubernetes-int-or-string": true },
    },
  },
  { name: "kubernetes.AdmissionRequest" },
)!;

/** The value of the variable `request`. */
export function requestOf({ kind, subresource, name, namespace, operation, user, dryRun, options }: AdmissionAttributes): unknown {
  const ofKind = { group: kind.group, version: kind.version, kind: kind.kind };
  const ofResource = { group: kind.group, version: kind.version, resource: kind.resource };
  return {
    kind: ofKind,
    resource: ofResource,
    ...(subresource === "" ? {} : { subResource: subresource, requestSubResource: subresource }),
    requestKind: ofKind,
    requestResource: ofResource,
    ...(name === "" ? {} : { name }),
    ...(namespace === "" ? {} : { namespace }),
    operation,
    userInfo: {
      username: user.name,
      ...(user.uid === undefined ? {} : { uid: user.uid }),
      groups: user.groups,
      ...(user.extra === undefined ? {} : { extra: user.extra }),
    },
    dryRun,
    options,
  };
}
