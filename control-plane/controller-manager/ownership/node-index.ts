import type { Pod } from "@kubets/api";

/** The node that a Pod is bound to; none before it is. */
export function nodeOfPod({ spec }: Pod): readonly string[] {
  return spec.nodeName === undefined || spec.nodeName === "" ? [] : [spec.nodeName];
}

/** Index of Pods by their node. */
export const podsByNode: { readonly node: typeof nodeOfPod } = { node: nodeOfPod };
