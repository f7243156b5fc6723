import { expect, test } from "vitest";
import { aPod } from "../testing/pods.ts";
import { memoryVolumeBytes } from "./memory-size.ts";

const mebibyte = 2 ** 20;
const node = { memory: "1Gi" };
const limited = aPod({ containers: [{ name: "a", resources: { limits: { memory: "64Mi" } } }] });

test.each([
  ["what the volume says", aPod(), "16Mi", node, 16 * mebibyte],
  ["the Pod's limit where that is less", limited, "128Mi", node, 64 * mebibyte],
  ["the Pod's limit where the volume says nothing", limited, undefined, node, 64 * mebibyte],
  ["what the node has for Pods, at most", aPod(), "4Gi", node, 1024 * mebibyte],
  ["what the node has where nothing else is said, or zero", aPod(), "0", node, 1024 * mebibyte],
  ["whatever there is when nobody says anything", aPod(), undefined, {}, undefined],
])("a volume in memory holds %s", (_what, pod, sizeLimit, allocatable, bytes) => {
  const emptyDir = { medium: "Memory", ...(sizeLimit === undefined ? {} : { sizeLimit }) } as const;
  expect(memoryVolumeBytes(pod, { name: "scratch", emptyDir }, allocatable)).toBe(bytes);
});
