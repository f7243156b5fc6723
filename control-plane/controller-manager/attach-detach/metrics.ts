import { VolumeAttachmentKind } from "@kubets/api";
import type { Measure } from "@kubets/client";
import type { Metrics } from "@kubets/machinery";
import { isOutOfService, nodesThatWant, type ObservedNode, type ObservedVolume, saysItUses } from "./reconcile.ts";

/** On how many nodes a volume is, and should be. */
interface Attachments {
  readonly desired: number;
  readonly actual: number;
}

/** Every volume that is attached is one of a CSI driver. */
const plugin = "kubernetes.io/csi";

/** How many volumes are attached and should be, and how often one is taken from a node that says that it uses it. */
export function measureAttachments(metrics: Metrics): Measure<ObservedNode | ObservedVolume> {
  const volumes = new Map<string, Attachments>();
  metrics.gauge("attachdetach_controller_total_volumes", "Number of volumes in A/D Controller", (gauge) => {
    const total = (count: (each: Attachments) => number): number => volumes.values().reduce((sum, each) => sum + count(each), 0);
    gauge.set(
      total(({ desired }) => desired),
      { plugin_name: plugin, state: "desired_state_of_world" },
    );
    gauge.set(
      total(({ actual }) => actual),
      { plugin_name: plugin, state: "actual_state_of_world" },
    );
  });
  const forced = metrics.counter(
    "attach_detach_controller_attachdetach_controller_forced_detaches",
    "Number of times the A/D Controller performed a forced detach",
  );
  return {
    passed({ observed, decision: { actions } }) {
      if (observed.of === "node") return;
      const { volume, attachments, nodes } = observed;
      volumes.set(`volume/${volume.metadata.name}`, { desired: nodesThatWant(observed).size, actual: attachments.length });
      for (const action of actions) {
        if (action.verb !== "delete" || action.kind.kind !== VolumeAttachmentKind.kind) continue;
        const attachment = attachments.find(({ metadata }) => metadata.name === action.name);
        const node = nodes.get(attachment?.spec.nodeName ?? "");
        if (node !== undefined && saysItUses(node, volume)) forced.add(1, { reason: isOutOfService(node) ? "out-of-service" : "timeout" });
      }
    },
    gone: (key) => void volumes.delete(key),
  };
}
