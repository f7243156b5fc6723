import { type Plugin, rejection } from "../../framework.ts";

const name = "SchedulingGates";

/** Keeps a Pod out of the queue while `spec.schedulingGates` names any gate. */
export const schedulingGates: Plugin = {
  name,
  preEnqueue({ spec }) {
    const gates = spec.schedulingGates ?? [];
    if (gates.length === 0) return undefined;
    return rejection(name, false, `waiting for scheduling gates: [${gates.map((gate) => gate.name).join(" ")}]`);
  },
  hints: { PodUpdated: (_pod, { changed }) => changed.has("schedulingGates") },
};
