import { type HostPort, podHostPorts } from "@kubets/api";
import { type Plugin, rejection, skip } from "../../framework.ts";

const name = "NodePorts";
const taken = rejection(name, true, "node(s) didn't have free ports for the requested pod ports");

/** Keeps two Pods from one port of a node. */
export const nodePorts: Plugin = {
  name,
  sign: ({ hostPorts }) => (hostPorts.length === 0 ? "" : JSON.stringify(hostPorts)),
  preFilter({ hostPorts }, snapshot) {
    if (hostPorts.length === 0) return skip;
    const passes = (slot: number): boolean => {
      for (const pod of snapshot.podsOn(slot).values()) {
        if (pod.hostPorts.length > 0 && collide(hostPorts, pod.hostPorts)) return false;
      }
      return true;
    };
    return { kind: "filter", filter: { scope: "usage", passes, rejection: () => taken } };
  },
  hints: {
    NodeAdded: () => true,
    AssignedPodDeleted: ({ hostPorts }, { pod }) => collide(hostPorts, podHostPorts(pod)),
  },
};

function collide(wanted: readonly HostPort[], used: readonly HostPort[]): boolean {
  return wanted.some((port) => used.some((other) => same(port, other)));
}

function same(a: HostPort, b: HostPort): boolean {
  return a.port === b.port && a.protocol === b.protocol && (a.hostIP === b.hostIP || a.hostIP === anyAddress || b.hostIP === anyAddress);
}

const anyAddress = "0.0.0.0";
