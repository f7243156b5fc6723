import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Random } from "@kubets/machinery";

/** Where certificates and keys are kept, by names such as `ca.crt`. */
export interface CertificateFiles {
  read(name: string): Promise<string | undefined>;
  /**
   * All of the text or none. `synced`: on the disk when it resolves, so that it outlives a loss of power. What isn't may be empty
   * after one, and is made anew.
   */
  write(name: string, text: string, options: { readonly synced: boolean }): Promise<void>;
}

/** Files that only their owner can read. */
export function directoryFiles(directory: string, random: Random): CertificateFiles {
  return {
    async read(name) {
      try {
        return await readFile(join(directory, name), "utf8");
      } catch (error) {
        if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
        throw error;
      }
    },
    async write(name, text, { synced }) {
      const path = join(directory, name);
      const temporary = `${path}.${Buffer.from(random.bytes(4)).toString("hex")}`;
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      try {
        await using file = await open(temporary, "wx", 0o600);
        await file.writeFile(text);
        if (synced) await file.sync();
        await rename(temporary, path);
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
    },
  };
}

/** For clusters that live in a process and end with it. */
export function memoryFiles(): CertificateFiles {
  const files = new Map<string, string>();
  return {
    read: (name) => Promise.resolve(files.get(name)),
    write: (name, text) => Promise.resolve(void files.set(name, text)),
  };
}
