import { kinds } from "@kubets/api";
import { apiVersionOf, isStatus, type Kind, type KubernetesObject, parseYamlDocuments } from "@kubets/machinery";
import { CommandError } from "./command-error.ts";
import type { ControlPlane } from "./control-plane.ts";

/** Creates every object of a manifest, or merges it into the one that is there; answers a line for each, as kubectl says it. */
export async function applyManifest({ clientFor }: Pick<ControlPlane, "clientFor">, manifest: string): Promise<readonly string[]> {
  const client = clientFor({ name: "kubernetes-admin", groups: ["system:masters"] }, "kubets-up");
  const lines: string[] = [];
  for (const { value } of parseYamlDocuments(manifest)) {
    const object = value as KubernetesObject;
    const kind = kindOf(object);
    const all = client.resource(kind);
    const resource = kind.scope === "Cluster" ? all : all.in(object.metadata.namespace ?? "default");
    const label = `${kind.resource}${kind.group === "" ? "" : `.${kind.group}`}/${object.metadata.name}`;
    try {
      await resource.create(object);
      lines.push(`${label} created`);
    } catch (error) {
      if (!isStatus(error, "AlreadyExists")) throw error;
      await resource.patch(object.metadata.name, object, { type: "strategic" });
      lines.push(`${label} configured`);
    }
  }
  return lines;
}

function kindOf({ apiVersion, kind }: KubernetesObject): Kind {
  const found = kinds.find((each) => each.kind === kind && apiVersionOf(each) === apiVersion);
  if (found === undefined) throw new CommandError(`Cannot apply ${kind} of ${apiVersion}: no such kind is served`);
  return found;
}
