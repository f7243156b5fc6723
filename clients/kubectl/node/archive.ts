import { createReadStream, createWriteStream } from "node:fs";
import { lstat, mkdir, readdir, readlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { extract, type Header, pack, type Pack } from "tar-stream";
import type { ArchiveEntry } from "../command-line/command.ts";

/** A tar archive of a file, or of a folder and all below it, under the name `as`, with the rights and owners that they have here. */
export async function* packFiles(path: string, as: string): AsyncGenerator<Uint8Array> {
  const archive = pack();
  const packing = add(archive, path, as).then(
    () => archive.finalize(),
    (error: Error) => archive.destroy(error),
  );
  yield* archive as AsyncIterable<Uint8Array>;
  await packing;
}

async function add(archive: Pack, path: string, name: string): Promise<void> {
  const stats = await lstat(path);
  const header = { name, mode: stats.mode & 0o7777, uid: stats.uid, gid: stats.gid, mtime: stats.mtime };
  if (stats.isDirectory()) {
    const below = (await readdir(path)).sort();
    // A folder with something in it is made with what is in it.
    if (below.length === 0) await addEntry(archive, { ...header, type: "directory" });
    for (const each of below) await add(archive, join(path, each), `${name}/${each}`);
  } else if (stats.isSymbolicLink()) await addEntry(archive, { ...header, type: "symlink", linkname: await readlink(path) });
  else await pipeline(createReadStream(path), archive.entry({ ...header, size: stats.size }));
}

function addEntry(archive: Pack, header: Partial<Header> & Pick<Header, "name">): Promise<void> {
  return new Promise((resolve, reject) => {
    archive.entry(header, (error) => (error ? reject(error) : resolve()));
  });
}

/** Takes a tar archive apart: each entry goes where `placeOf` says, or nowhere. Folders that are missing are made; links never are. */
export async function unpackFiles(archive: AsyncIterable<Uint8Array>, placeOf: (entry: ArchiveEntry) => string | undefined): Promise<void> {
  const entries = extract();
  const reading = pipeline(Readable.from(archive), entries);
  // Told below by whoever reads the entries, too.
  reading.catch(() => undefined);
  for await (const entry of entries) {
    const { name, type, linkname } = entry.header;
    const place = placeOf(type === "symlink" ? { name, linkTo: linkname ?? "" } : { name });
    if (place === undefined) entry.resume();
    else if (type === "directory") {
      await mkdir(place, { recursive: true });
      entry.resume();
    } else {
      await mkdir(dirname(place), { recursive: true });
      await pipeline(entry, createWriteStream(place));
    }
  }
  await reading;
}
