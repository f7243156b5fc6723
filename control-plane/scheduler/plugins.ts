import type { Plugin, PluginUse, Profile } from "./framework.ts";
import { defaultBinder } from "./plugins/default-binder/default-binder.ts";
import { defaultPreemption } from "./plugins/default-preemption/default-preemption.ts";
import { dynamicResources } from "./plugins/dynamic-resources/dynamic-resources.ts";
import { imageLocality } from "./plugins/image-locality/image-locality.ts";
import { interPodAffinity } from "./plugins/inter-pod-affinity/inter-pod-affinity.ts";
import { nodeAffinity, type NodeAffinityArguments } from "./plugins/node-affinity/node-affinity.ts";
import { nodeName } from "./plugins/node-name/node-name.ts";
import { nodePorts } from "./plugins/node-ports/node-ports.ts";
import {
  nodeResourcesBalancedAllocation,
  type NodeResourcesBalancedAllocationArguments,
} from "./plugins/node-resources/balanced-allocation.ts";
import { nodeResourcesFit, type NodeResourcesFitArguments } from "./plugins/node-resources/fit.ts";
import { nodeVolumeLimits } from "./plugins/node-volume-limits/node-volume-limits.ts";
import { nodeUnschedulable } from "./plugins/node-unschedulable/node-unschedulable.ts";
import { podTopologySpread } from "./plugins/pod-topology-spread/pod-topology-spread.ts";
import { prioritySort } from "./plugins/priority-sort/priority-sort.ts";
import { schedulingGates } from "./plugins/scheduling-gates/scheduling-gates.ts";
import { taintToleration } from "./plugins/taint-toleration/taint-toleration.ts";
import { volumeBinding } from "./plugins/volume-binding/volume-binding.ts";
import { volumeRestrictions } from "./plugins/volume-restrictions/volume-restrictions.ts";
import { volumeZone } from "./plugins/volume-zone/volume-zone.ts";

/** What plugins may be told; upstream's defaults when absent. */
export interface PluginArguments {
  readonly NodeAffinity?: NodeAffinityArguments;
  readonly NodeResourcesFit?: NodeResourcesFitArguments;
  readonly NodeResourcesBalancedAllocation?: NodeResourcesBalancedAllocationArguments;
}

/** All plugins that there are, in upstream's order and with its weights. */
export function pluginsWith({ NodeAffinity, NodeResourcesFit, NodeResourcesBalancedAllocation }: PluginArguments): readonly PluginUse[] {
  return [
    { plugin: schedulingGates },
    { plugin: prioritySort },
    { plugin: nodeUnschedulable },
    { plugin: nodeName },
    { plugin: taintToleration, weight: 3 },
    { plugin: nodeAffinity(NodeAffinity), weight: 2 },
    { plugin: nodePorts },
    { plugin: nodeResourcesFit(NodeResourcesFit), weight: 1 },
    { plugin: volumeRestrictions },
    { plugin: nodeVolumeLimits },
    { plugin: volumeBinding },
    { plugin: volumeZone },
    { plugin: podTopologySpread, weight: 2 },
    { plugin: interPodAffinity, weight: 2 },
    { plugin: dynamicResources },
    { plugin: defaultPreemption },
    { plugin: nodeResourcesBalancedAllocation(NodeResourcesBalancedAllocation), weight: 1 },
    { plugin: imageLocality, weight: 1 },
    { plugin: defaultBinder },
  ];
}

/** The plugins of a profile that configures nothing. */
export const defaultProfile: Profile = { schedulerName: "default-scheduler", plugins: pluginsWith({}) };

/** A profile without some of its plugins. */
export function without(profile: Profile, ...names: readonly Plugin["name"][]): Profile {
  return { ...profile, plugins: profile.plugins.filter(({ plugin }) => !names.includes(plugin.name)) };
}
