import {
  CronJobKind,
  EndpointSliceKind,
  type Job,
  JobKind,
  NodeKind,
  PersistentVolumeKind,
  PodKind,
  VolumeAttachmentKind,
} from "@kubets/api";
import { type Action, create, type Decision, deletion, type Measure, objectKey, patch, updateStatus } from "@kubets/client";
import { conflict, type Metrics } from "@kubets/machinery";
import { expect, test } from "vitest";
import { measureAttachments } from "./attach-detach/metrics.ts";
import type { ObservedVolume } from "./attach-detach/reconcile.ts";
import { measureCronJobs } from "./cronjob/metrics.ts";
import { measureSlices } from "./endpointslice/metrics.ts";
import { measureJobs } from "./job/metrics.ts";
import { measureZones } from "./node-lifecycle/metrics.ts";
import { measureDeletions } from "./replicaset/metrics.ts";
import { replicaOwner } from "./replicaset/index.ts";
import { measureEvictions } from "./taint-eviction/metrics.ts";
import { ago, anObject, aPod, aService, noon } from "./testing/objects.ts";
import { recordedMetrics } from "./testing/recorded-metrics.ts";
import { measureDeletions as measureExpiredJobs } from "./ttl-after-finished/metrics.ts";

/** What is measured of one pass that took half a second. */
function measured<Observed>(
  measure: (metrics: Metrics) => Measure<Observed>,
  observed: Observed,
  actions: readonly Action[],
  error?: unknown,
): readonly string[] {
  const metrics = recordedMetrics();
  const decision: Decision = { actions };
  measure(metrics).passed({ observed, decision, now: noon, seconds: 0.5, ...(error === undefined ? {} : { error }) });
  return metrics.lines();
}

const aJob = (status: object, spec: object = {}): Job =>
  anObject(JobKind, "work", { spec: { template: { spec: { containers: [] } }, ...spec }, status });

test("how late a Job of a CronJob is made", () => {
  const cronJob = anObject(CronJobKind, "nightly", {
    spec: { schedule: "@daily", jobTemplate: { spec: { template: { spec: { containers: [] } } } } },
  });
  const annotations = { "batch.kubernetes.io/cronjob-scheduled-timestamp": ago(7) };
  const job = create(JobKind, { metadata: { name: "a", annotations }, spec: { template: { spec: { containers: [] } } } });
  expect(measured(measureCronJobs, { cronJob, jobs: [] }, [job])).toEqual(["cronjob_controller_job_creation_skew_duration_seconds 1 × 7"]);
});

test("Jobs that end, and their Pods", () => {
  const observed = { job: aJob({ succeeded: 1 }), candidates: [], strays: [] };
  const after = aJob({ succeeded: 3, failed: 1, conditions: [{ type: "Failed", status: "True", reason: "BackoffLimitExceeded" }] });
  expect(measured(measureJobs, observed, [updateStatus(JobKind, after)])).toEqual([
    'job_controller_job_pods_finished_total{completion_mode="NonIndexed",result="failed"} 1',
    'job_controller_job_pods_finished_total{completion_mode="NonIndexed",result="succeeded"} 2',
    'job_controller_job_sync_duration_seconds{action="reconciling",completion_mode="NonIndexed",result="success"} 1 × 0.5',
    'job_controller_job_syncs_total{action="reconciling",completion_mode="NonIndexed",result="success"} 1',
    'job_controller_jobs_finished_total{completion_mode="NonIndexed",reason="BackoffLimitExceeded",result="failed"} 1',
  ]);
  const indexed = { ...observed, job: aJob({}, { completionMode: "Indexed", completions: 5 }) };
  const progressed = aJob({ succeeded: 2, completedIndexes: "0,3" }, { completionMode: "Indexed", completions: 5 });
  const pod = create(PodKind, { metadata: { name: "a" }, spec: { containers: [] } });
  expect(measured(measureJobs, indexed, [updateStatus(JobKind, progressed), pod]).filter((line) => !line.includes("sync"))).toEqual([
    'job_controller_job_finished_indexes_total{backoffLimit="global",status="succeeded"} 2',
    'job_controller_job_pods_creation_total{reason="new",status="succeeded"} 1',
    'job_controller_job_pods_finished_total{completion_mode="Indexed",result="succeeded"} 2',
  ]);
});

test("of what age the Pods are that a ReplicaSet deletes", () => {
  const aged = (name: string, seconds: number) => aPod(name, { readyFor: 1, metadata: { creationTimestamp: ago(seconds) } });
  const candidates = [aged("old", 300), aged("young", 100)];
  const owner = replicaOwner(
    anObject({ ...PodKind } as never, "web", { spec: { replicas: 1, selector: {}, template: {} }, status: {} }) as never,
  );
  expect(measured(measureDeletions, { owner, candidates, siblings: [] }, [deletion(PodKind, candidates[0]!)])).toEqual([
    "replicaset_controller_sorting_deletion_age_ratio 1 × 3",
  ]);
});

test("endpoints and the slices that they are in", () => {
  const slice = (name: string, count: number) =>
    anObject(EndpointSliceKind, name, {
      addressType: "IPv4",
      endpoints: Array.from({ length: count }, () => ({ addresses: ["10.0.0.1"] })),
    });
  const metrics = recordedMetrics();
  const measure = measureSlices(metrics);
  const observed = {
    service: aService({}),
    pods: [],
    slices: [slice("a", 100), slice("b", 3)],
    nodeOf: () => undefined,
    zoneShares: () => {
      throw new Error("not asked");
    },
  };
  const pass = { observed, now: noon, seconds: 0 };
  measure.passed({ ...pass, decision: { actions: [deletion(EndpointSliceKind, slice("b", 3))] } });
  measure.passed({ ...pass, decision: { actions: [] }, error: conflict({ group: "", resource: "endpointslices" }, "a", "changed") });
  expect(metrics.lines()).toEqual([
    'endpoint_slice_controller_changes{operation="delete"} 1',
    "endpoint_slice_controller_desired_endpoint_slices 1",
    "endpoint_slice_controller_endpoints_added_per_sync 1 × 0",
    "endpoint_slice_controller_endpoints_desired 100",
    "endpoint_slice_controller_endpoints_removed_per_sync 1 × 3",
    'endpoint_slice_controller_endpointslices_changed_per_sync{topology="Disabled",traffic_distribution=""} 1 × 1',
    "endpoint_slice_controller_num_endpoint_slices 1",
    'endpoint_slice_controller_syncs{result="stale"} 1',
    'endpoint_slice_controller_syncs{result="success"} 1',
  ]);
  measure.gone?.(objectKey(observed.service));
  expect(metrics.lines()).toContain("endpoint_slice_controller_num_endpoint_slices 0");
});

test("how zones are, and which of their nodes are given up", () => {
  const node = (name: string, ready: string) =>
    anObject(NodeKind, name, {
      metadata: { labels: { "topology.kubernetes.io/zone": "b" } },
      status: { conditions: [{ type: "Ready", status: ready }] },
    });
  const nodes = [node("a", "True"), node("b", "Unknown"), node("c", "True"), node("d", "True")];
  const metrics = recordedMetrics();
  const evicted = measureZones(metrics, () => nodes);
  evicted([patch(NodeKind, nodes[1]!, { spec: { taints: [{ key: "node.kubernetes.io/unreachable", effect: "NoExecute" }] } })]);
  expect(metrics.lines()).toEqual([
    'node_collector_evictions_total{zone=":\0:b"} 1',
    'node_collector_unhealthy_nodes_in_zone{zone=":\0:b"} 1',
    'node_collector_zone_health{zone=":\0:b"} 75',
    'node_collector_zone_size{zone=":\0:b"} 4',
  ]);
});

test("how long after their time Pods are driven away, and Jobs deleted", () => {
  const pod = aPod("a", { spec: { tolerations: [{ key: "x", operator: "Exists", tolerationSeconds: 60 }] } });
  const taints = [{ key: "x", effect: "NoExecute" as const, timeAdded: ago(62) }];
  expect(measured(measureEvictions, { pod, taints }, [deletion(PodKind, pod)])).toEqual([
    "taint_eviction_controller_pod_deletion_duration_seconds 1 × 2",
    "taint_eviction_controller_pod_deletions_total 1",
  ]);
  const job = aJob({ conditions: [{ type: "Complete", status: "True", lastTransitionTime: ago(13) }] }, { ttlSecondsAfterFinished: 10 });
  expect(measured(measureExpiredJobs, job, [deletion(JobKind, job)])).toEqual([
    "ttl_after_finished_controller_job_deletion_duration_seconds 1 × 3",
  ]);
});

test("on how many nodes volumes are and should be, and which are taken from nodes that say that they use them", () => {
  const volume = anObject(PersistentVolumeKind, "disk", { spec: { csi: { driver: "disks.example.com", volumeHandle: "disk" } } });
  const attachment = anObject(VolumeAttachmentKind, "on-a", {
    spec: { attacher: "disks.example.com", nodeName: "a", source: { persistentVolumeName: "disk" } },
  });
  const node = (taints: readonly object[]) =>
    anObject(NodeKind, "a", { spec: { taints }, status: { volumesInUse: ["kubernetes.io/csi/disks.example.com^disk"] } });
  const observed = (taints: readonly object[] = []): ObservedVolume => ({
    of: "volume",
    volume,
    attachments: [attachment],
    consumers: [aPod("p", { node: "b" })],
    nodes: new Map([["a", node(taints)]]),
  });
  const metrics = recordedMetrics();
  const measure = measureAttachments(metrics);
  const detached = { decision: { actions: [deletion(VolumeAttachmentKind, attachment)] }, now: noon, seconds: 0 };
  measure.passed({ ...detached, observed: observed() });
  measure.passed({ ...detached, observed: observed([{ key: "node.kubernetes.io/out-of-service", effect: "NoExecute" }]) });
  expect(metrics.lines()).toEqual([
    'attach_detach_controller_attachdetach_controller_forced_detaches{reason="out-of-service"} 1',
    'attach_detach_controller_attachdetach_controller_forced_detaches{reason="timeout"} 1',
    'attachdetach_controller_total_volumes{plugin_name="kubernetes.io/csi",state="actual_state_of_world"} 1',
    'attachdetach_controller_total_volumes{plugin_name="kubernetes.io/csi",state="desired_state_of_world"} 1',
  ]);
  measure.gone?.("volume/disk");
  expect(metrics.lines().slice(2)).toEqual([
    'attachdetach_controller_total_volumes{plugin_name="kubernetes.io/csi",state="actual_state_of_world"} 0',
    'attachdetach_controller_total_volumes{plugin_name="kubernetes.io/csi",state="desired_state_of_world"} 0',
  ]);
});
