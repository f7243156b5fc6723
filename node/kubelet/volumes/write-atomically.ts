import type { Files } from "../system.ts";
import type { VolumeFile } from "./files.ts";

/**
 * Brings a directory to hold these files, all at once: readers see all of the old ones or all of the new ones.
 *
 * The files lie in a directory of their own, to which the link `..data` points; what is seen in the volume are links through
 * `..data`. Renaming that one link is the change. Answers whether there was one.
 */
export async function writeAtomically(
  files: Files,
  directory: string,
  wanted: readonly VolumeFile[],
  { stamp, group }: { readonly stamp: string; readonly group?: number },
): Promise<boolean> {
  const data = `${directory}/..data`;
  const current = await files.readLink(data);
  if (current !== undefined && (await isSame(files, `${directory}/${current}`, wanted))) return false;
  const next = `..${stamp}`;
  const made = `${directory}/${next}`;
  await files.makeDirectory(made, { mode: 0o755 });
  for (const { path, bytes, mode } of wanted) {
    if (path.includes("/")) await files.makeDirectory(`${made}/${path.slice(0, path.lastIndexOf("/"))}`, { mode: 0o755 });
    await files.write(`${made}/${path}`, bytes, { mode });
  }
  if (group !== undefined) await files.giveToGroup(made, group, { writable: false });
  const temporary = `${directory}/..data_tmp`;
  await files.remove(temporary);
  await files.link(next, temporary);
  await files.rename(temporary, data);
  const shown = new Set(wanted.map(({ path }) => path.split("/", 1)[0]!));
  for (const name of shown) {
    if ((await files.readLink(`${directory}/${name}`)) === undefined) await files.link(`..data/${name}`, `${directory}/${name}`);
  }
  for (const name of await files.list(directory)) {
    if (name !== "..data" && name !== next && (name.startsWith("..") || !shown.has(name))) await files.remove(`${directory}/${name}`);
  }
  return true;
}

async function isSame(files: Files, directory: string, wanted: readonly VolumeFile[]): Promise<boolean> {
  if ((await countFiles(files, directory)) !== new Set(wanted.map(({ path }) => path)).size) return false;
  for (const { path, bytes } of wanted) {
    const present = await files.read(`${directory}/${path}`);
    if (present === undefined || present.length !== bytes.length || present.some((byte, index) => byte !== bytes[index])) return false;
  }
  return true;
}

async function countFiles(files: Files, directory: string): Promise<number> {
  let count = 0;
  for (const name of await files.list(directory)) {
    const path = `${directory}/${name}`;
    count += (await files.kindOf(path)) === "directory" ? await countFiles(files, path) : 1;
  }
  return count;
}
