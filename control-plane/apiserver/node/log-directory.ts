import { open, readdir, stat } from "node:fs/promises";
import { join, normalize } from "node:path";
import type { LogFiles } from "../endpoints/logs.ts";

/** The files below a directory. What is larger than `longest` bytes is shown from its end. */
export function logDirectory(directory: string, longest: number = 64 * 1024 * 1024): LogFiles {
  return {
    async read(path) {
      const wanted = normalize(`/${path}`);
      // Beyond a null character, the system would read another name.
      if (wanted.includes("\0")) return undefined;
      const place = join(directory, wanted);
      try {
        const found = await stat(place);
        if (found.isDirectory()) {
          const entries = await readdir(place, { withFileTypes: true });
          return { names: entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)) };
        }
        // Reading from a pipe or a device might never end.
        if (!found.isFile()) return undefined;
        const length = Math.min(found.size, longest);
        await using file = await open(place);
        const { bytesRead, buffer } = await file.read(new Uint8Array(length), 0, length, found.size - length);
        return { bytes: buffer.subarray(0, bytesRead) };
      } catch {
        return undefined;
      }
    },
  };
}
