import type { BuiltImage } from "./image.ts";
import { descriptorOf, mediaTypes } from "./image.ts";
import type { ReadAt, TarFile } from "./tar.ts";
import { readTarIndex, writeTar } from "./tar.ts";

export interface NamedImage {
  /** The whole name, such as `docker.io/library/busybox:1`. */
  readonly name: string;
  readonly image: BuiltImage;
}

/** Writes an OCI archive, as `ctr images import` and others read it. */
export function writeImageArchive(images: readonly NamedImage[]): Uint8Array {
  const blobs = new Map(images.flatMap(({ image }) => [image.manifest, ...image.blobs].map((blob) => [blob.digest, blob.bytes])));
  const index = {
    schemaVersion: 2,
    mediaType: mediaTypes.index,
    manifests: images.map(({ name, image }) => ({
      ...descriptorOf(image.manifest),
      platform: { architecture: image.architecture, os: "linux" },
      // The first is read by containerd, the second by everyone else.
      annotations: { "io.containerd.image.name": name, "org.opencontainers.image.ref.name": name.slice(name.lastIndexOf(":") + 1) },
    })),
  };
  return writeTar([
    { path: "oci-layout", content: json({ imageLayoutVersion: "1.0.0" }) },
    { path: "index.json", content: json(index) },
    { path: "blobs" },
    { path: "blobs/sha256" },
    ...[...blobs].map(([digest, content]) => ({ path: `blobs/${digest.replace(":", "/")}`, content })),
  ]);
}

/** What an archive holds. */
export interface ImageArchive {
  readonly format: "oci" | "docker";
  /** The names of its images as they are written there; an image of an OCI archive may have only a tag, or none. */
  readonly names: readonly string[];
}

/**
 * Reads which images an archive holds, in the OCI or Docker format (`docker save`), without reading the images. The archive is not
 * compressed. Throws a `TypeError` whose message says what is wrong with any other file.
 */
export async function readImageArchive(read: ReadAt): Promise<ImageArchive> {
  const files = new Map((await readTarIndex(read)).map((file) => [file.path, file]));
  // Newer Dockers write both; the Docker one has the whole names.
  const manifest = files.get("manifest.json");
  if (manifest !== undefined) return { format: "docker", names: dockerNames(await readJson(read, manifest)) };
  const index = files.get("index.json");
  if (index !== undefined) return { format: "oci", names: ociNames(await readJson(read, index)) };
  throw new TypeError("Not an image archive: it has neither manifest.json (Docker) nor index.json (OCI)");
}

function dockerNames(manifest: unknown): readonly string[] {
  if (!Array.isArray(manifest)) throw new TypeError("Not an image archive: manifest.json is not a list");
  return manifest.flatMap((image: { readonly RepoTags?: readonly string[] | null }) => image.RepoTags ?? []);
}

function ociNames(index: unknown): readonly string[] {
  const { manifests } = (index ?? {}) as { readonly manifests?: unknown };
  if (!Array.isArray(manifests)) throw new TypeError("Not an image archive: index.json has no manifests");
  return manifests.flatMap(({ annotations = {} }: { readonly annotations?: Readonly<Record<string, string>> }) => {
    const name = annotations["io.containerd.image.name"] ?? annotations["org.opencontainers.image.ref.name"];
    return name === undefined ? [] : [name];
  });
}

async function readJson(read: ReadAt, { path, offset, size }: TarFile): Promise<unknown> {
  try {
    return JSON.parse(new TextDecoder().decode(await read(offset, size)));
  } catch (error) {
    throw new TypeError(`Not an image archive: ${path} is not JSON`, { cause: error });
  }
}

function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
