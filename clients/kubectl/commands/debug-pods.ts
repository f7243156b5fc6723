import { CommandError } from "../errors.ts";
import { type JsonObject, listAt, nameOf, namespaceOf, objectAt, textAt, valueAt } from "../json-object.ts";
import type { DebugProfile, Kept } from "./debug-profiles.ts";

/** What the command line says of the container for debugging. */
export interface DebugContainer {
  readonly name: string;
  /** Absent: of a container that is there already, its own. */
  readonly image?: string;
  readonly imagePullPolicy?: string;
  readonly env: readonly JsonObject[];
  /** What stands behind `--`. */
  readonly words: readonly string[];
  readonly wordsAre: "command" | "args";
  readonly stdin: boolean;
  readonly tty: boolean;
}

/** The ephemeral container that joins a running Pod, and with `target` the processes of one of its containers. */
export function ephemeralContainer(container: DebugContainer, profile: DebugProfile, target: string | undefined): JsonObject {
  return { ...secured(newContainer(container), profile.security), ...(target === undefined ? {} : { targetContainerName: target }) };
}

/** A Pod on a node, whatever its taints. */
export function podOnNode(name: string, node: JsonObject, container: DebugContainer, profile: DebugProfile): JsonObject {
  const { hostNamespaces, hostRoot } = profile.onNode;
  const made = secured(newContainer(container), profile.securityOnNode ?? profile.security);
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { "app.kubernetes.io/managed-by": "kubectl-debug" } },
    spec: {
      nodeName: nameOf(node),
      restartPolicy: "Never",
      tolerations: [{ operator: "Exists" }],
      ...(hostNamespaces ? { hostNetwork: true, hostPID: true, hostIPC: true } : {}),
      ...(hostRoot ? { volumes: [{ name: "host-root", hostPath: { path: "/" } }] } : {}),
      containers: [hostRoot ? { ...made, volumeMounts: [{ name: "host-root", mountPath: "/host" }] } : made],
    },
  };
}

export interface CopyOptions {
  readonly name: string;
  /** Absent when only images are to be other ones. */
  readonly container?: DebugContainer;
  /** By the containers' names; `*` stands for all others. */
  readonly images: Readonly<Record<string, string>>;
  readonly sameNode: boolean;
  /** Absent: as the Pod has it, and shared where the profile isolates copies. */
  readonly sharesProcesses?: boolean;
  readonly profile: DebugProfile;
  readonly kept: Kept;
}

/** A copy of a Pod in which a container is another, or one is added. */
export function copyOfPod(pod: JsonObject, options: CopyOptions): JsonObject {
  const { name, container, images, sameNode, profile, kept } = options;
  const { ephemeralContainers: _, nodeName, ...spec } = objectAt(pod, "spec");
  const { labels, annotations } = objectAt(pod, "metadata");
  const containers = listAt(spec, "containers").map((each) => {
    const image = images[textAt(each, "name")] ?? images["*"];
    return image === undefined ? each : { ...each, image };
  });
  const isIsolated = profile.isolatesCopies && container !== undefined;
  // Without a container of its own there is nobody for whom the copy would be another Pod.
  const keeps: Kept = isIsolated ? kept : { ...allKept, labels: container === undefined };
  const shared = options.sharesProcesses ?? valueAt(spec, "shareProcessNamespace") ?? (isIsolated ? true : undefined);
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: namespaceOf(pod),
      ...(keeps.labels && labels !== undefined ? { labels } : {}),
      ...(keeps.annotations && annotations !== undefined ? { annotations } : {}),
    },
    spec: {
      ...withoutInitContainers(spec, keeps),
      ...(sameNode ? { nodeName } : {}),
      ...(shared === undefined ? {} : { shareProcessNamespace: shared }),
      containers: debugged(containers, container, profile).map((each) => withoutProbes(each, keeps)),
    },
  };
}

const allKept: Kept = {
  labels: true,
  annotations: true,
  initContainers: true,
  livenessProbe: true,
  readinessProbe: true,
  startupProbe: true,
};

function debugged(
  containers: readonly JsonObject[],
  container: DebugContainer | undefined,
  { security }: DebugProfile,
): readonly JsonObject[] {
  if (container === undefined) return containers;
  const { name, image, imagePullPolicy, env, words, wordsAre, stdin, tty } = container;
  if (!containers.some((each) => textAt(each, "name") === name)) {
    if (image === undefined) throw new CommandError("you must specify image when creating new container");
    return [...containers, secured(newContainer(container), security)];
  }
  return containers.map((each) => {
    if (textAt(each, "name") !== name) return each;
    // A command of one's own isn't followed by another's arguments.
    const { args: _, ...commanded } = each;
    const changed = {
      ...(words.length === 0 ? each : wordsAre === "args" ? { ...each, args: words } : { ...commanded, command: words }),
      ...(env.length === 0 ? {} : { env }),
      ...(image === undefined ? {} : { image }),
      ...(imagePullPolicy === undefined ? {} : { imagePullPolicy }),
      stdin,
      tty,
    };
    return secured(changed, security);
  });
}

function newContainer({ name, image, imagePullPolicy, env, words, wordsAre, stdin, tty }: DebugContainer): JsonObject {
  return {
    name,
    image,
    ...(imagePullPolicy === undefined ? {} : { imagePullPolicy }),
    ...(words.length === 0 ? {} : { [wordsAre]: words }),
    ...(env.length === 0 ? {} : { env }),
    ...(stdin ? { stdin } : {}),
    ...(tty ? { tty } : {}),
    terminationMessagePolicy: "File",
    resources: {},
  };
}

function secured(container: JsonObject, security: DebugProfile["security"]): JsonObject {
  const { securityContext: given, ...rest } = container;
  const made = security(given as JsonObject | undefined);
  return made === undefined ? rest : { ...rest, securityContext: made };
}

function withoutInitContainers(spec: JsonObject, { initContainers }: Kept): JsonObject {
  const { initContainers: _, ...rest } = spec;
  return initContainers ? spec : rest;
}

function withoutProbes(container: JsonObject, kept: Kept): JsonObject {
  const isDropped = (field: string): boolean =>
    (field === "livenessProbe" || field === "readinessProbe" || field === "startupProbe") && !kept[field];
  return Object.fromEntries(Object.entries(container).filter(([field]) => !isDropped(field)));
}
