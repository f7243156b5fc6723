import { kinds } from "@kubets/api";
import { type Client, findKind } from "@kubets/client";
import { isStatus, type Kind, type KubernetesObject, parseYamlDocuments } from "@kubets/machinery";

export interface AppliedObject {
  readonly kind: Kind;
  readonly object: KubernetesObject;
  readonly outcome: "created" | "configured";
}

/** A document of a manifest is of a kind that the cluster doesn't serve. */
export class UnknownKindError extends Error {
  constructor({ apiVersion, kind }: KubernetesObject) {
    super(`Cannot apply ${kind} of ${apiVersion}: no such kind is served`);
    this.name = "UnknownKindError";
  }
}

/** Creates every object of a manifest, one after the other, or merges it into the one that is there. Custom kinds must be served already. */
export async function* applyManifest(client: Client, manifest: string): AsyncGenerator<AppliedObject> {
  for (const { value } of parseYamlDocuments(manifest)) {
    const object = value as KubernetesObject;
    const kind = await findKind(client, { apiVersion: object.apiVersion ?? "", kind: object.kind ?? "" }, { kinds });
    if (kind === undefined) throw new UnknownKindError(object);
    const all = client.resource(kind);
    const resource = kind.scope === "Cluster" ? all : all.in(object.metadata.namespace ?? "default");
    try {
      yield { kind, object: await resource.create(object), outcome: "created" };
    } catch (error) {
      if (!isStatus(error, "AlreadyExists")) throw error;
      // Who merges by keys is told by a kind's schema, which a custom one keeps to itself.
      const type = kinds.includes(kind) ? "strategic" : "merge";
      yield { kind, object: await resource.patch(object.metadata.name, object, { type }), outcome: "configured" };
    }
  }
}
