import { type Container, type Job, JobKind, type Pod } from "@kubets/api";
import type { DraftObject } from "@kubets/client";
import { type Kind, nameSuffix, type Random } from "@kubets/machinery";
import { controllerReference } from "../ownership/claim.ts";
import { podFromTemplate } from "../ownership/pod-from-template.ts";
import { failureCountAnnotation, ignoredFailureCountAnnotation, indexKey, trackingFinalizer } from "./tracking.ts";

type NamedPod = DraftObject<Pod> & { readonly metadata: { readonly name: string } };

/** A Pod of a Job, kept by a finalizer until its end is counted. */
export function podOfJob(job: Job, random: Random): NamedPod {
  const { template } = job.spec;
  const { finalizers = [] } = template.metadata;
  const tracked = { ...template, metadata: { ...template.metadata, finalizers: [...finalizers, trackingFinalizer] } };
  return podFromTemplate({ owner: job, ownerKind: JobKind as unknown as Kind, template: tracked, random });
}

/** A Pod for one index, which it learns from an annotation, a label, its host name and `JOB_COMPLETION_INDEX`. */
export function podOfIndex(job: Job, index: number, counts: IndexCounts | undefined, random: Random): NamedPod {
  const { labels, annotations, finalizers = [] } = job.spec.template.metadata;
  const { spec } = job.spec.template;
  const prefix = `${job.metadata.name}-${index}-`;
  return {
    metadata: {
      name: `${prefix.slice(0, 58)}${nameSuffix(random)}`,
      generateName: prefix,
      ...(job.metadata.namespace === undefined ? {} : { namespace: job.metadata.namespace }),
      labels: { ...labels, [indexKey]: String(index) },
      annotations: { ...annotations, [indexKey]: String(index), ...countAnnotations(counts) },
      finalizers: [...finalizers, trackingFinalizer],
      ownerReferences: [controllerReference(job, JobKind as unknown as Kind)],
    },
    spec: {
      ...spec,
      ...(spec.initContainers === undefined ? {} : { initContainers: spec.initContainers.map(knowingIndex) }),
      containers: spec.containers.map(knowingIndex),
      hostname: `${job.metadata.name}-${index}`,
    },
  };
}

/** Of a Job with a limit per index. */
export interface IndexCounts {
  readonly failures: number;
  readonly ignored: number;
}

function countAnnotations(counts: IndexCounts | undefined): Readonly<Record<string, string>> {
  if (counts === undefined) return {};
  return {
    [failureCountAnnotation]: String(counts.failures),
    ...(counts.ignored === 0 ? {} : { [ignoredFailureCountAnnotation]: String(counts.ignored) }),
  };
}

const indexVariable = "JOB_COMPLETION_INDEX";

function knowingIndex(container: Container): Container {
  if (container.env?.some(({ name }) => name === indexVariable) === true) return container;
  const valueFrom = { fieldRef: { apiVersion: "v1", fieldPath: `metadata.labels['${indexKey}']` } };
  return { ...container, env: [...(container.env ?? []), { name: indexVariable, valueFrom }] };
}
