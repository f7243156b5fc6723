import { type Node, NodeKind } from "@kubets/api";
import { type Caches, type Change, type Controller, type Decision, nothing, objectKey, patch, watchChanges } from "@kubets/client";

/** How long (seconds) a kubelet may rely on what it has read of ConfigMaps and Secrets. */
export const ttlAnnotation = "node.alpha.kubernetes.io/ttl";

export interface Observed {
  readonly node: Node;
  /** How many nodes the cluster has. */
  readonly size: number;
}

/** Tells kubelets to ask less often the larger the cluster is. */
export const ttlController: Controller<Observed> = {
  name: "ttl",
  watches: [watchChanges(NodeKind, keysOf)],
  observe(key, caches) {
    const node = caches.of(NodeKind).get(key);
    return node === undefined ? undefined : { node, size: caches.of(NodeKind).list().length };
  },
  reconcile,
};

/** Most changes of Nodes are heartbeats; one that comes or goes may have the cluster take a step, which all nodes are told of. */
function keysOf({ object, previous }: Change<Node>, caches: Caches): readonly string[] {
  if (object !== undefined && previous !== undefined) {
    const isSame = object.metadata.annotations?.[ttlAnnotation] === previous.metadata.annotations?.[ttlAnnotation];
    return isSame ? [] : [objectKey(object)];
  }
  const nodes: readonly Node[] = caches.of(NodeKind).list();
  const before = nodes.length + (object === undefined ? 1 : -1);
  if (steps.some((step) => fits(step, nodes.length) !== fits(step, before))) return nodes.map(objectKey);
  return object === undefined ? [] : [objectKey(object)];
}

/** From `most` nodes on the next step holds, until there are fewer than `least` again. */
const steps = [
  { least: 0, most: 100, seconds: 0 },
  { least: 90, most: 500, seconds: 15 },
  { least: 450, most: 1000, seconds: 30 },
  { least: 900, most: 2000, seconds: 60 },
  { least: 1800, most: Infinity, seconds: 300 },
] as const;

export function reconcile({ node, size }: Observed): Decision {
  const present = node.metadata.annotations?.[ttlAnnotation];
  // Within two steps' common range the node keeps what it has.
  const fitting = steps.filter((step) => fits(step, size)).map(({ seconds }) => String(seconds));
  if (present !== undefined && fitting.includes(present)) return nothing;
  return { actions: [patch(NodeKind, node, { metadata: { annotations: { [ttlAnnotation]: fitting[0] } } })] };
}

function fits({ least, most }: (typeof steps)[number], size: number): boolean {
  return size >= least && size <= most;
}
