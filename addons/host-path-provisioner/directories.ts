/** Where the volumes of a node lie: a directory for each, by the volume's name. Deeds are safe to repeat. */
export interface Directories {
  path(volume: string): string;
  /** Makes an empty directory that every user may write in, as an empty volume is; one that is there stays as it is. */
  make(volume: string): Promise<void>;
  /** Deletes the directory and all in it, following no link out of it. Rejects while something is mounted inside. */
  remove(volume: string): Promise<void>;
}

/** For simulated nodes, which have no disks. */
export const imaginaryDirectories: Directories = {
  path: (volume) => `/var/lib/kubets/volumes/${volume}`,
  make: () => Promise.resolve(),
  remove: () => Promise.resolve(),
};

/** How this provisioner calls volumes; nothing else is ever deleted, whatever an object says. */
export function isVolumeName(name: string): boolean {
  return /^pvc-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(name);
}
