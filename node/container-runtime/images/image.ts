import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { Architecture } from "../pause/program.ts";
import type { TarEntry } from "./tar.ts";
import { writeTar } from "./tar.ts";

/** What an image is made of. */
export interface ImageRecipe {
  readonly architecture: Architecture;
  /** The lowest first. */
  readonly layers: readonly (readonly TarEntry[])[];
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly environment?: readonly string[];
  readonly workingDirectory?: string;
  /** Such as `1000:1000`. */
  readonly user?: string;
  readonly stopSignal?: string;
  readonly volumes?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
}

export interface Blob {
  readonly mediaType: string;
  /** `sha256:…` */
  readonly digest: string;
  readonly bytes: Uint8Array;
}

/** An image as registries keep it. `blobs` are its configuration and layers. */
export interface BuiltImage {
  readonly architecture: Architecture;
  readonly manifest: Blob;
  readonly config: Blob;
  readonly blobs: readonly Blob[];
}

export const mediaTypes = {
  index: "application/vnd.oci.image.index.v1+json",
  manifest: "application/vnd.oci.image.manifest.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  layer: "application/vnd.oci.image.layer.v1.tar",
} as const;

/** Builds an OCI image. Equal recipes give equal digests: nothing in it tells when it was made. */
export function buildImage(recipe: ImageRecipe): BuiltImage {
  const layers = recipe.layers.map((entries) => blob(mediaTypes.layer, writeTar(entries)));
  const config = jsonBlob(mediaTypes.config, {
    created: "1970-01-01T00:00:00Z",
    architecture: recipe.architecture,
    os: "linux",
    config: {
      ...(recipe.entrypoint === undefined ? {} : { Entrypoint: recipe.entrypoint }),
      ...(recipe.command === undefined ? {} : { Cmd: recipe.command }),
      ...(recipe.environment === undefined ? {} : { Env: recipe.environment }),
      ...(recipe.workingDirectory === undefined ? {} : { WorkingDir: recipe.workingDirectory }),
      ...(recipe.user === undefined ? {} : { User: recipe.user }),
      ...(recipe.stopSignal === undefined ? {} : { StopSignal: recipe.stopSignal }),
      ...(recipe.volumes === undefined ? {} : { Volumes: Object.fromEntries(recipe.volumes.map((path) => [path, {}])) }),
      ...(recipe.labels === undefined ? {} : { Labels: recipe.labels }),
    },
    // The digests of the layers as they are when not compressed, which ours are.
    rootfs: { type: "layers", diff_ids: layers.map(({ digest }) => digest) },
  });
  const manifest = jsonBlob(mediaTypes.manifest, {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: descriptorOf(config),
    layers: layers.map(descriptorOf),
  });
  return { architecture: recipe.architecture, manifest, config, blobs: [config, ...layers] };
}

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

export function descriptorOf({ mediaType, digest, bytes }: Blob): Descriptor {
  return { mediaType, digest, size: bytes.length };
}

export function jsonBlob(mediaType: string, value: unknown): Blob {
  return blob(mediaType, new TextEncoder().encode(JSON.stringify(value)));
}

function blob(mediaType: string, bytes: Uint8Array): Blob {
  return { mediaType, digest: `sha256:${bytesToHex(sha256(bytes))}`, bytes };
}
