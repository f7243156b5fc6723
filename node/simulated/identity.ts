import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

/** The same container has the same id in every run of the simulation, so a restarted one finds its Pods as it left them. */
export function containerId(podUid: string, container: string, restarts: number): string {
  const text = `${podUid}/${container}/${restarts}`;
  let id = containerIds.get(text);
  if (id === undefined) {
    id = `simulated://${digest(text)}`;
    if (containerIds.size >= 1_000) containerIds.clear();
    containerIds.set(text, id);
  }
  return id;
}

// Told with every status of a Pod.
const containerIds = new Map<string, string>();

/** As a registry would name the image that a reference stands for. */
export function imageId(image: string): string {
  let id = imageIds.get(image);
  if (id === undefined) {
    id = `${repository(image)}@sha256:${digest(image)}`;
    if (imageIds.size >= 10_000) imageIds.clear();
    imageIds.set(image, id);
  }
  return id;
}

const imageIds = new Map<string, string>();

function repository(image: string): string {
  const [name = ""] = image.split("@");
  const tag = name.lastIndexOf(":");
  return tag > name.lastIndexOf("/") ? name.slice(0, tag) : name;
}

function digest(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text)));
}
