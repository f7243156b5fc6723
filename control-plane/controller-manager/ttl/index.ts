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
  watches: [watchChanges(NodeKind, keysOf, { ttl: ttlOf })],
  observe(key, caches) {
    const node = caches.of(NodeKind).get(key);
    return node === undefined ? undefined : { node, size: caches.of(NodeKind).list().length };
  },
  reconcile,
};

/** Most changes of Nodes are heartbeats; when one comes or goes, all are told that have what no longer fits. */
function keysOf({ object, previous }: Change<Node>, caches: Caches): readonly string[] {
  if (object !== undefined && previous !== undefined) {
    const isSame = object.metadata.annotations?.[ttlAnnotation] === previous.metadata.annotations?.[ttlAnnotation];
    return isSame ? [] : [objectKey(object)];
  }
  const nodes = caches.of(NodeKind);
  const size = nodes.list().length;
  // After a watch that broke many come at once, and the cache shows them all before the first is heard of: what counts is what nodes have.
  const misfits = steps.filter((step) => !fits(step, size)).flatMap(({ seconds }) => nodes.byIndex("ttl", String(seconds)));
  return [...(object === undefined ? [] : [objectKey(object)]), ...misfits.map((node) => objectKey(node))];
}

function ttlOf({ metadata }: Node): readonly string[] {
  const present = metadata.annotations?.[ttlAnnotation];
  return present === undefined ? [] : [present];
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
