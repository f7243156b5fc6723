import type { Plugin } from "../../framework.ts";

/** The higher priority goes first; among equals, who came first. */
export const prioritySort: Plugin = {
  name: "PrioritySort",
  queueSort: (a, b) => b.pod.priority - a.pod.priority || a.queuedAt - b.queuedAt || a.order - b.order,
};
