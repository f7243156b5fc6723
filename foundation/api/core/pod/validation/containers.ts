import { duplicate, type FieldError, forbidden, invalid, notFoundValue, notSupported, repeatedPlaces, required } from "@kubets/machinery";
import type { Container, ContainerResizePolicy } from "../container.ts";
import type { EphemeralContainer } from "../ephemeral-container.ts";
import type { PodSpec } from "../pod-spec.ts";
import { isSidecar } from "../sidecars.ts";
import { validateEnvironment, validateEnvironmentFrom } from "./environment.ts";
import { validateDnsLabel } from "./formats.ts";
import { validateLifecycle, validateProbes } from "./handlers.ts";
import { validateVolumeDevices, validateVolumeMounts } from "./mounts.ts";
import { validateHostPortsAreUnique, validatePorts } from "./ports.ts";
import { validateContainerResources } from "./resources.ts";
import { validateRestartRules } from "./restart-rules.ts";
import { validateSecurityContext } from "./security-context.ts";
import type { VolumesByName } from "./volumes.ts";

/** What the rules for a container need to know of its Pod. */
export interface PodContext {
  readonly spec: PodSpec;
  readonly volumes: VolumesByName;
  readonly claimNames: ReadonlySet<string>;
}

export function validateContainers(pod: PodContext, field: string): readonly FieldError[] {
  const containers = pod.spec.containers ?? [];
  const gracePeriodSeconds = pod.spec.terminationGracePeriodSeconds;
  const repeated = repeatedNames(containers);
  return [
    ...containers.flatMap((container, index) => {
      const at = `${field}[${index}]`;
      return [
        ...validateContainer(container, at, pod),
        ...validateNameIsUnique(container, at, repeated.has(index)),
        ...(container.lifecycle === undefined ? [] : validateLifecycle(container.lifecycle, `${at}.lifecycle`, gracePeriodSeconds)),
        ...validateProbes(container, at, gracePeriodSeconds),
      ];
    }),
    ...validateHostPortsAreUnique(containers, field),
  ];
}

export function validateInitContainers(pod: PodContext, field: string): readonly FieldError[] {
  const { initContainers = [], containers = [] } = pod.spec;
  const repeated = repeatedNames([...containers, ...initContainers]);
  return initContainers.flatMap((container, index) => {
    const at = `${field}[${index}]`;
    return [
      ...validateContainer(container, at, pod),
      ...validateNameIsUnique(container, at, repeated.has(containers.length + index)),
      // They run one after another, so that each has the ports to itself.
      ...validateHostPortsAreUnique([container], field),
      ...(isSidecar(container) ? validateSidecar(container, at, pod.spec) : validateRunsToItsEnd(container, at)),
    ];
  });
}

function validateSidecar(container: Container, field: string, { terminationGracePeriodSeconds }: PodSpec): readonly FieldError[] {
  const { lifecycle } = container;
  return [
    ...(lifecycle === undefined ? [] : validateLifecycle(lifecycle, `${field}.lifecycle`, terminationGracePeriodSeconds)),
    ...validateProbes(container, field, terminationGracePeriodSeconds),
  ];
}

/** What only makes sense for a container that stays. */
function validateRunsToItsEnd(container: Container, field: string): readonly FieldError[] {
  const detail = "may not be set for init containers without restartPolicy=Always";
  const { resizePolicy = [] } = container;
  return [
    ...(["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] as const)
      .filter((name) => container[name] !== undefined)
      .map((name) => forbidden(`${field}.${name}`, detail)),
    ...(resizePolicy.length > 0 ? [invalid(`${field}.resizePolicy`, resizePolicy, "must not be set for init containers")] : []),
  ];
}

const refusedForEphemeral = [
  "ports",
  "resizePolicy",
  "restartPolicy",
  "restartPolicyRules",
  "livenessProbe",
  "readinessProbe",
  "startupProbe",
  "lifecycle",
] as const satisfies readonly (keyof Container)[];

export function validateEphemeralContainers(pod: PodContext, field: string): readonly FieldError[] {
  const { initContainers = [], containers = [], ephemeralContainers = [] } = pod.spec;
  const others = new Set([...containers, ...initContainers].map(({ name }) => name));
  const repeated = repeatedNames([...containers, ...initContainers, ...ephemeralContainers]);
  const first = containers.length + initContainers.length;
  return ephemeralContainers.flatMap((container, index) => {
    const at = `${field}[${index}]`;
    const target = container.targetContainerName ?? "";
    return [
      ...validateContainer(container, at, pod),
      ...validateImageIsTrimmed(container, at),
      ...validateNameIsUnique(container, at, repeated.has(first + index)),
      ...(target === "" || others.has(target) ? [] : [notFoundValue(`${at}.targetContainerName`, target)]),
      ...validateIsOnlyForLooking(container, at),
    ];
  });
}

function validateIsOnlyForLooking(container: EphemeralContainer, field: string): readonly FieldError[] {
  const detail = "cannot be set for an Ephemeral Container";
  const hasResources = Object.values(container.resources).some((value) => value !== undefined);
  return [
    ...refusedForEphemeral.filter((name) => container[name] !== undefined).map((name) => forbidden(`${field}.${name}`, detail)),
    ...(hasResources ? [forbidden(`${field}.resources`, detail)] : []),
    ...(container.volumeMounts ?? []).flatMap(({ subPath = "", subPathExpr = "" }, index) => [
      ...(subPath === "" ? [] : [forbidden(`${field}.volumeMounts[${index}].subPath`, detail)]),
      ...(subPathExpr === "" ? [] : [forbidden(`${field}.volumeMounts[${index}].subPathExpr`, detail)]),
    ]),
  ];
}

/** What holds for containers of every kind. */
function validateContainer(container: Container, field: string, { spec, volumes, claimNames }: PodContext): readonly FieldError[] {
  return [
    ...(container.name === "" ? [] : validateDnsLabel(container.name, `${field}.name`)),
    ...((container.image ?? "") === "" ? [required(`${field}.image`)] : []),
    ...validatePorts(container.ports ?? [], `${field}.ports`),
    ...validateEnvironment(container.env ?? [], `${field}.env`, volumes),
    ...validateEnvironmentFrom(container.envFrom ?? [], `${field}.envFrom`),
    ...validateVolumeMounts(container, `${field}.volumeMounts`, volumes),
    ...validateVolumeDevices(container, `${field}.volumeDevices`, volumes),
    ...validateContainerResources(container.resources, `${field}.resources`, claimNames),
    ...validateResizePolicy(container.resizePolicy ?? [], `${field}.resizePolicy`, spec),
    ...validateSecurityContext(container.securityContext, `${field}.securityContext`, { hostUsers: spec.hostUsers !== false }),
    ...validateRestartRules(container, field),
  ];
}

function validateResizePolicy(policies: readonly ContainerResizePolicy[], field: string, spec: PodSpec): readonly FieldError[] {
  const repeated = repeatedPlaces(policies, ({ resourceName }) => resourceName);
  return policies.flatMap(({ resourceName, restartPolicy }, index) => [
    ...(repeated.has(index) ? [duplicate(`${field}[${index}]`, resourceName)] : []),
    ...(resourceName === "" || resizable.includes(resourceName) ? [] : [notSupported(field, resourceName, resizable)]),
    ...(spec.restartPolicy === "Never" && restartPolicy !== "NotRequired"
      ? [invalid(field, restartPolicy, "must be 'NotRequired' when `restartPolicy` is 'Never'")]
      : []),
  ]);
}

const resizable: readonly string[] = ["cpu", "memory"];

function repeatedNames(containers: readonly Container[]): ReadonlySet<number> {
  return repeatedPlaces(containers, ({ name }) => name);
}

function validateNameIsUnique({ name }: Container, field: string, isRepeated: boolean): readonly FieldError[] {
  return name !== "" && isRepeated ? [duplicate(`${field}.name`, name)] : [];
}

/** Templates may hold such images: some tools put a blank where an image is filled in later. */
export function validateImageIsTrimmed({ image = "" }: Container, field: string): readonly FieldError[] {
  return image.trim() === image ? [] : [invalid(`${field}.image`, image, "must not have leading or trailing whitespace")];
}
