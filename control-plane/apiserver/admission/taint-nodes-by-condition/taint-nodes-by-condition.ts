import { type Node, NodeKind } from "@kubets/api";
import type { AdmissionPlugin } from "../../contracts.ts";
import { isAbout } from "../refusal.ts";

const notReady = "node.kubernetes.io/not-ready";

/** A new Node takes no Pods until the node controller has seen it ready and takes the taint away. */
export function taintNodesByCondition(): AdmissionPlugin {
  return {
    name: "TaintNodesByCondition",
    mutate(attributes) {
      const { object, operation } = attributes;
      if (operation !== "CREATE" || !isAbout(attributes, NodeKind.group, NodeKind.resource)) return object;
      const node = object as Node;
      const { taints = [] } = node.spec;
      if (taints.some(({ key, effect }) => key === notReady && effect === "NoSchedule")) return node;
      return { ...node, spec: { ...node.spec, taints: [...taints, { key: notReady, effect: "NoSchedule" }] } };
    },
  };
}
