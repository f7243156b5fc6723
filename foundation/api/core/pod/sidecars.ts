import type { Container } from "./container.ts";

/** Whether an init container is a sidecar: started in its turn, then kept running beside the others. */
export function isSidecar(container: Pick<Container, "restartPolicy">): boolean {
  return container.restartPolicy === "Always";
}
