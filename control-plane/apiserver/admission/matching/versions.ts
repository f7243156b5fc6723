import { apiVersionOf, type Kind, type KubernetesObject } from "@kubets/machinery";
import type { AdmissionAttributes } from "../../contracts.ts";

function storedKindOf(kind: Kind): Kind {
  return kind.storedAs?.kind ?? kind;
}

/** The other versions, and kinds of other groups, under which the same objects are served. */
export function otherVersions(kind: Kind, kinds: readonly Kind[]): readonly Kind[] {
  const stored = storedKindOf(kind);
  return kinds.filter((other) => other !== kind && storedKindOf(other) === stored);
}

/** The request as one for another version of its objects. Bodies of subresources, which are of kinds of their own, stay as they are. */
export async function attributesIn(attributes: AdmissionAttributes, kind: Kind): Promise<AdmissionAttributes> {
  if (kind === attributes.kind) return attributes;
  const { object, previous } = attributes;
  return {
    ...attributes,
    kind,
    ...(object === undefined ? {} : { object: await convertedTo(kind, object, attributes.kind) }),
    ...(previous === undefined ? {} : { previous: await convertedTo(kind, previous, attributes.kind) }),
  };
}

/** An object of one version of a kind in another one; what isn't of the version is answered as it is. */
export async function convertedTo(to: Kind, object: KubernetesObject, from: Kind): Promise<KubernetesObject> {
  if (to === from || object.kind !== from.kind || object.apiVersion !== apiVersionOf(from)) return object;
  await from.storedAs?.converter?.prepareToStore(object);
  const stored = from.storedAs === undefined ? object : from.storedAs.toStored(object);
  if (to.storedAs === undefined) return identified(stored, to);
  await to.storedAs.converter?.prepareToServe([stored]);
  return identified(to.storedAs.fromStored(stored), to);
}

function identified(object: KubernetesObject, kind: Kind): KubernetesObject {
  return { ...object, kind: kind.kind, apiVersion: apiVersionOf(kind) };
}
