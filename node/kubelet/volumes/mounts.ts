import type { Container, Pod, Volume, VolumeMount } from "@kubets/api";
import type { Mount } from "@kubets/container-runtime";
import { CreateContainerConfigError } from "../containers/environment.ts";
import { expand } from "../containers/expand.ts";
import type { Files } from "../system.ts";
import { isMadeOfFiles } from "./files.ts";

/** What a container sees of its Pod's volumes. Makes sub-paths that aren't there; one that leads out of its volume is refused. */
export async function volumeMountsOf(
  pod: Pod,
  container: Container,
  {
    places,
    variables,
    files,
  }: { readonly places: ReadonlyMap<string, string>; readonly variables: ReadonlyMap<string, string>; readonly files: Files },
): Promise<readonly Mount[]> {
  const mounts: Mount[] = [];
  for (const mount of container.volumeMounts ?? []) {
    const place = places.get(mount.name);
    if (place === undefined)
      throw new CreateContainerConfigError(`cannot find volume "${mount.name}" to mount into container "${container.name}"`);
    const volume = pod.spec.volumes?.find(({ name }) => name === mount.name);
    const hostPath = await subPathOf(place, mount, { variables, files, isFixed: volume?.image !== undefined });
    mounts.push({
      containerPath: mount.mountPath.startsWith("/") ? mount.mountPath : `/${mount.mountPath}`,
      hostPath,
      readonly:
        mount.readOnly === true || volume?.persistentVolumeClaim?.readOnly === true || isKubeletsOwn(volume) || volume?.image !== undefined,
      propagation: mount.mountPropagation ?? "None",
      ...(mount.recursiveReadOnly === "Enabled" ? { recursiveReadOnly: true } : {}),
    });
  }
  return mounts;
}

/** Files that the kubelet writes are nobody else's to write, whatever the mount says. */
function isKubeletsOwn(volume: Volume | undefined): boolean {
  return volume !== undefined && isMadeOfFiles(volume);
}

async function subPathOf(
  place: string,
  { name, subPath = "", subPathExpr = "" }: VolumeMount,
  { variables, files, isFixed }: { readonly variables: ReadonlyMap<string, string>; readonly files: Files; readonly isFixed: boolean },
): Promise<string> {
  const path = subPathExpr === "" ? subPath : expand(subPathExpr, variables);
  if (path === "") return place;
  if (path.startsWith("/") || path.split("/").includes(".."))
    throw new CreateContainerConfigError(`subPath ${JSON.stringify(path)} of volume "${name}" must be a relative path within the volume`);
  const whole = `${place}/${path}`;
  const isThere = (await files.kindOf(whole)) !== undefined;
  if (!isThere && isFixed) throw new Error(`subPath ${JSON.stringify(path)} not found in the image of volume "${name}"`);
  if (!isThere) await files.makeDirectory(whole, { mode: 0o750 });
  const [real, root] = [await files.realPath(whole), await files.realPath(place)];
  if (real !== root && !real.startsWith(`${root}/`))
    throw new CreateContainerConfigError(`failed to prepare subPath for volumeMount "${name}" of container`);
  return real;
}
