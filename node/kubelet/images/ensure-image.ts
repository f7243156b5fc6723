import type { Container } from "@kubets/api";
import {
  type ImageService,
  type ImageStatus,
  isRuntimeError,
  type PullOptions,
  type RegistryCredentials,
  type RuntimeError,
} from "@kubets/container-runtime";
import { type Clock, formatDuration } from "@kubets/machinery";
import type { ImageFailure } from "../pod-worker/events.ts";

export type EnsuredImage =
  /** `imageRef`: by its digest where it has one. `image`: what the runtime says of it. */
  | { readonly imageRef: string; readonly image: ImageStatus | undefined; readonly told: string; readonly pulled: boolean }
  | { readonly failure: ImageFailure; readonly message: string };

export interface EnsureImageOptions {
  readonly images: ImageService;
  readonly clock: Clock;
  readonly credentials: readonly RegistryCredentials[];
  readonly signal: AbortSignal;
  /** Called when a pull begins. */
  readonly onPull: () => void;
}

/** An image that a container or a volume is made of. */
export interface WantedImage {
  /** As the Pod has it. */
  readonly reference: string;
  readonly pullPolicy: NonNullable<Container["imagePullPolicy"]>;
}

export function imageOf({ image = "", imagePullPolicy = "IfNotPresent" }: Container): WantedImage {
  return { reference: image, pullPolicy: imagePullPolicy };
}

/** Sees that an image is on this node, as its pull policy wants it. */
export async function ensureImage(
  { reference, pullPolicy }: WantedImage,
  { images, clock, credentials, signal, onPull }: EnsureImageOptions,
): Promise<EnsuredImage> {
  const image = normalName(reference);
  if (image === undefined) {
    return {
      failure: "InvalidImageName",
      message: `Failed to apply default image tag ${JSON.stringify(reference)}: couldn't parse image name ${JSON.stringify(reference)}: invalid reference format`,
    };
  }
  const present = await images.imageStatus(image, { signal });
  if (present !== undefined && pullPolicy !== "Always") {
    return {
      imageRef: present.repoDigests[0] ?? present.id,
      image: present,
      told: `Container image ${JSON.stringify(reference)} already present on machine and can be accessed by the pod`,
      pulled: false,
    };
  }
  if (pullPolicy === "Never")
    return {
      failure: "ErrImageNeverPull",
      message: `Container image ${JSON.stringify(reference)} is not present with pull policy of Never`,
    };
  onPull();
  const began = clock.monotonic();
  let problem: RuntimeError | undefined;
  for (const each of credentials.length === 0 ? [undefined] : credentials) {
    try {
      const options: PullOptions = each === undefined ? {} : { credentials: each };
      const id = await images.pullImage(image, { signal, ...options });
      const took = formatDuration(BigInt(Math.round(clock.monotonic() - began)) * 1_000_000n);
      const pulled = await images.imageStatus(id, { signal });
      const size = pulled?.size ?? 0;
      return {
        imageRef: pulled?.repoDigests[0] ?? id,
        image: pulled,
        told: `Successfully pulled image ${JSON.stringify(reference)} in ${took} (${took} including waiting). Image size: ${size} bytes.`,
        pulled: true,
      };
    } catch (error) {
      if (!isRuntimeError(error)) throw error;
      problem = error;
    }
  }
  return { failure: "ErrImagePull", message: `failed to pull and unpack image ${JSON.stringify(image)}: ${problem!.message}` };
}

/** With the tag that is meant where none is given; `undefined` for what can't be the name of an image. */
export function normalName(image: string): string | undefined {
  if (!/^[A-Za-z0-9._:/@-]+$/.test(image) || image.includes("//") || /^[./:@-]|[./:@-]$/.test(image)) return undefined;
  const repository = image.split("@", 1)[0]!;
  const last = repository.slice(repository.lastIndexOf("/") + 1);
  const path = last.includes(":") ? repository.slice(0, repository.lastIndexOf(":")) : repository;
  const [first = "", ...rest] = path.split("/");
  const named = rest.length > 0 && /[.:]|^localhost$/.test(first) ? rest.join("/") : path;
  if (named !== named.toLowerCase()) return undefined;
  return image.includes("@") || last.includes(":") ? image : `${image}:latest`;
}
