import type { Container, Pod } from "@kubets/api";
import type { ContainerConfig, ImageStatus, Mount } from "@kubets/container-runtime";
import { containerResources } from "../cgroups/resources.ts";
import { containerLogPath, type Layout } from "../layout.ts";
import { expand } from "./expand.ts";
import { containerAnnotations, containerNameLabel, podLabels } from "./labels.ts";
import { containerSecurity } from "./security.ts";

export interface ContainerFacts {
  readonly attempt: number;
  readonly image: ImageStatus;
  readonly environment: readonly { readonly name: string; readonly value: string }[];
  readonly mounts: readonly Mount[];
  readonly layout: Layout;
  readonly machineMemory: number;
  /** Of the container whose processes an ephemeral container wants to see. */
  readonly targetId?: string;
}

/** One run of a container as the runtime is asked for it. */
export function containerConfig(pod: Pod, container: Container, facts: ContainerFacts): ContainerConfig {
  const { attempt, image, environment, mounts, layout, machineMemory, targetId } = facts;
  const variables = new Map(environment.map(({ name, value }) => [name, value]));
  const expanded = (words: readonly string[] | undefined): readonly string[] | undefined => words?.map((word) => expand(word, variables));
  const command = expanded(container.command);
  const args = expanded(container.args);
  const { workingDir = "" } = container;
  return {
    metadata: { name: container.name, attempt },
    image: image.id,
    ...(container.image === undefined ? {} : { userSpecifiedImage: container.image }),
    ...(command === undefined ? {} : { command }),
    ...(args === undefined ? {} : { args }),
    ...(workingDir === "" ? {} : { workingDirectory: workingDir }),
    environment,
    mounts,
    labels: { [containerNameLabel]: container.name, ...podLabels(pod) },
    annotations: containerAnnotations(pod, container, attempt),
    logPath: containerLogPath(container.name, attempt),
    stdin: container.stdin ?? false,
    stdinOnce: container.stdinOnce ?? false,
    tty: container.tty ?? false,
    ...(container.lifecycle?.stopSignal === undefined ? {} : { stopSignal: container.lifecycle.stopSignal }),
    resources: containerResources(pod, container, machineMemory),
    security: containerSecurity(pod, container, image, { layout, ...(targetId === undefined ? {} : { targetId }) }),
  };
}
