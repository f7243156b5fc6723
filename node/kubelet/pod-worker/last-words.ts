import type { Container, Pod } from "@kubets/api";
import type { ContainerStatus } from "@kubets/container-runtime";
import { type Layout, terminationMessagePath } from "../layout.ts";
import { parseLogLines } from "../server/log-lines.ts";
import type { Files } from "../system.ts";

const longestMessage = 4096;
const longestLog = 2048;
const mostLogLines = 80;

/** What a container left as its termination message, or, where it wants so and failed, the end of its log. */
export async function readLastWords(
  files: Files,
  layout: Layout,
  { pod, container, status }: { readonly pod: Pod; readonly container: Container; readonly status: ContainerStatus },
): Promise<string> {
  const path = terminationMessagePath(layout, pod.metadata.uid, container.name, status.metadata.attempt);
  const message = decode((await files.read(path))?.subarray(0, longestMessage));
  if (message !== "" || container.terminationMessagePolicy !== "FallbackToLogsOnError" || status.exitCode === 0) return message;
  const size = await files.sizeOf(status.logPath);
  if (size === undefined) return "";
  const from = Math.max(0, size - 4 * longestLog);
  const lines = parseLogLines(decode(await files.readAt(status.logPath, from, size - from))).slice(from === 0 ? 0 : 1);
  return lines
    .slice(-mostLogLines)
    .map(({ text, isPartial }) => (isPartial ? text : `${text}\n`))
    .join("")
    .slice(-longestLog);
}

function decode(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? "" : new TextDecoder().decode(bytes);
}
