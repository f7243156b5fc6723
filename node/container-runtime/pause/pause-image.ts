import { buildImage } from "../images/image.ts";
import { writeImageArchive } from "../images/image-archive.ts";
import type { Architecture } from "./program.ts";
import { pauseProgram } from "./program.ts";

/** Under a name that no registry answers to: it is never pulled, we bring it. */
export const pauseImageName = "localhost/kubets/pause:1";

/** The image of a Pod's pause container, as an OCI archive. */
export function pauseImageArchive(architecture: Architecture): Uint8Array {
  const program = { path: "pause", content: pauseProgram(architecture), mode: 0o755 };
  const image = buildImage({ architecture, layers: [[program]], entrypoint: ["/pause"], user: "65535:65535" });
  return writeImageArchive([{ name: pauseImageName, image }]);
}
