import { formatQuantity, madeOnce, roundUpQuantity } from "@kubets/machinery";
import type { ResourceList } from "../shared/resource-requirements.ts";
import type { Container } from "./container.ts";
import type { Pod } from "./pod.ts";
import { withPodLevelDefaults } from "./pod-level-resources.ts";
import type { PodSpec } from "./pod-spec.ts";
import type { PodTemplateSpec } from "./pod-template-spec.ts";
import { defaultPullPolicy } from "./pull-policy.ts";
import { eachUpdated, updated } from "./updated.ts";
import type { Volume } from "./volumes/volume.ts";

// Defaults are filled in on every read. What has them already, as nearly all has, is not copied. They are filled in before
// anything is validated, so that even what a Pod must have may be missing.

/** The Pod with the defaults that depend on other fields; those of single fields stand in the schema. */
export function defaultPod(pod: Pod): Pod {
  return updated(pod, { spec: defaultSpecOfPod(pod.spec) });
}

const defaultSpecOfPod = madeOnce((given: PodSpec): PodSpec => {
  const spec = withPodLevelDefaults(eachContainer(defaultPodSpec(given), withRequestsFromLimits));
  const open = spec.hostNetwork === true ? eachContainer(spec, withHostPorts) : spec;
  return updated(open, { enableServiceLinks: spec.enableServiceLinks ?? true });
});

/** A template's part of {@link defaultPod}; what else a Pod gets, it gets when it is made. */
export function defaultPodTemplateSpec(template: PodTemplateSpec): PodTemplateSpec {
  return updated(template, { spec: defaultPodSpec(template.spec) });
}

function defaultPodSpec(spec: PodSpec): PodSpec {
  // The older name of the account's field is still written.
  const account = spec.serviceAccountName || spec.serviceAccount || undefined;
  return updated(eachContainer(spec, defaultContainer), {
    volumes: eachUpdated(spec.volumes, defaultVolume),
    ephemeralContainers: eachUpdated(spec.ephemeralContainers, defaultContainer),
    serviceAccountName: account,
    serviceAccount: account,
    overhead: inThousandths(spec.overhead),
  });
}

function defaultVolume(volume: Volume): Volume {
  const { name, image } = volume;
  if (image !== undefined) {
    return updated(volume, { image: updated(image, { pullPolicy: image.pullPolicy ?? defaultPullPolicy(image.reference ?? "") }) });
  }
  const hasSource = Object.entries(volume).some(([key, source]) => key !== "name" && source !== undefined);
  return hasSource ? volume : { name, emptyDir: {} };
}

function defaultContainer<C extends Container>(container: C): C {
  const { resources, imagePullPolicy, image = "" } = container;
  const defaults: Partial<Container> = {
    resources: updated(resources, { limits: inThousandths(resources.limits), requests: inThousandths(resources.requests) }),
    imagePullPolicy: imagePullPolicy ?? defaultPullPolicy(image),
  };
  return updated<Container>(container, defaults) as C;
}

/** Nothing finer than a thousandth is kept of a resource. */
function inThousandths(list: ResourceList | undefined): ResourceList | undefined {
  if (list === undefined || !Object.values(list).some((quantity) => /[nu.]|e-/i.test(quantity))) return list;
  return Object.fromEntries(Object.entries(list).map(([name, quantity]) => [name, formatQuantity(roundUpQuantity(quantity, -3))]));
}

function withRequestsFromLimits(container: Container): Container {
  const { limits, requests } = container.resources;
  if (limits === undefined || Object.keys(limits).every((name) => requests?.[name] !== undefined)) return container;
  return { ...container, resources: { ...container.resources, requests: { ...limits, ...requests } } };
}

/** On the node's network, a port of a container is a port of the node. */
function withHostPorts(container: Container): Container {
  const open = eachUpdated(container.ports, (port) => updated(port, { hostPort: port.hostPort || port.containerPort }));
  return updated(container, { ports: open });
}

function eachContainer(spec: PodSpec, change: (container: Container) => Container): PodSpec {
  return updated(spec, {
    initContainers: eachUpdated(spec.initContainers, change),
    containers: eachUpdated(spec.containers, change),
  });
}
