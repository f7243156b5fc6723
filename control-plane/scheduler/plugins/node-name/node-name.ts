import { type Plugin, rejection, skip } from "../../framework.ts";

const name = "NodeName";
const otherNode = rejection(name, false, "node(s) didn't match the requested node name");

/** A Pod that names its node goes nowhere else. */
export const nodeName: Plugin = {
  name,
  sign: ({ pod }) => pod.spec.nodeName ?? "",
  preFilter({ pod }, snapshot) {
    const wanted = pod.spec.nodeName ?? "";
    if (wanted === "") return skip;
    return { kind: "filter", filter: { scope: "node", passes: (slot) => snapshot.nameOf(slot) === wanted, rejection: () => otherNode } };
  },
  hints: { NodeAdded: ({ pod }, { node }) => node.metadata.name === pod.spec.nodeName },
};
