import { CommandError } from "../../errors.ts";
import type { Configuration } from "../configuration.ts";
import type { Target } from "../target.ts";
import { addPrefix, addSuffix } from "./affixes.ts";
import { setImage } from "./images.ts";
import { addAnnotations, addLabels, fieldsOfLabel } from "./labels.ts";
import { setNamespace } from "./namespace.ts";
import { setReplicas } from "./replicas.ts";
import type { Transformer } from "./transformer.ts";

/** The steps that the fields of a kustomization stand for, in the order in which they are taken, with the files read that they name. */
export async function transformersOf({ kustomization, root }: Target, configuration: Configuration): Promise<readonly Transformer[]> {
  const { patches, patchesStrategicMerge, patchesJson6902, namespace, namePrefix, nameSuffix, replacements } = kustomization;
  const hasPatches = patches.length + patchesStrategicMerge.length + patchesJson6902.length > 0;
  // Imported late: with patches come the schemas of all kinds.
  const read = hasPatches ? await import("./patches.ts") : undefined;
  const configured = async (name: string, work: () => Promise<readonly Transformer[]>): Promise<readonly Transformer[]> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      throw new CommandError(`trouble configuring builtin ${name}: ${error.message}`, { cause: error });
    }
  };
  return [
    ...(await configured("PatchStrategicMergeTransformer", async () =>
      read === undefined || patchesStrategicMerge.length === 0 ? [] : [await read.readStrategicMerges(patchesStrategicMerge, root)],
    )),
    ...(await configured("PatchTransformer", async () =>
      read === undefined ? [] : Promise.all(patches.map((patch) => read.readPatch(patch, root))),
    )),
    ...(namespace === "" ? [] : [setNamespace(namespace, configuration.namespace)]),
    ...(namePrefix === "" ? [] : [addPrefix(namePrefix, configuration.namePrefix)]),
    ...(nameSuffix === "" ? [] : [addSuffix(nameSuffix, configuration.nameSuffix)]),
    ...kustomization.labels.map((label) => addLabels(label.pairs, fieldsOfLabel(label, configuration))),
    ...(kustomization.labels.length === 0 && Object.keys(kustomization.commonLabels).length === 0
      ? []
      : [addLabels(kustomization.commonLabels, configuration.commonLabels)]),
    ...(Object.keys(kustomization.commonAnnotations).length === 0
      ? []
      : [addAnnotations(kustomization.commonAnnotations, configuration.commonAnnotations)]),
    ...(await configured("PatchJson6902Transformer", async () =>
      read === undefined ? [] : Promise.all(patchesJson6902.map((patch) => read.readOldJsonPatch(patch, root))),
    )),
    ...kustomization.replicas.map((replica) => setReplicas(replica, configuration.replicas)),
    ...kustomization.images.map((image) => setImage(image, configuration.images)),
    ...(await configured("ReplacementTransformer", async () =>
      replacements.length === 0 ? [] : [await (await import("./replacements.ts")).readReplacements(replacements, root)],
    )),
  ];
}
