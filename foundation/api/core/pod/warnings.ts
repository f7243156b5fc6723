import { isDnsLabel, parseQuantity, passOnce, repeatedPlaces } from "@kubets/machinery";
import type { ResourceList } from "../shared/resource-requirements.ts";
import type { Container } from "./container.ts";
import { affinityWarnings, topologyWarnings } from "./placement-warnings.ts";
import type { Pod } from "./pod.ts";
import type { PodSpec } from "./pod-spec.ts";
import type { PodTemplateSpec } from "./pod-template-spec.ts";
import { portWarnings } from "./port-warnings.ts";
import { allContainers } from "./validation/all-containers.ts";
import { volumeWarnings } from "./volume-warnings.ts";

type Annotations = Readonly<Record<string, string>>;

/** What a new Pod has that works, but hardly as meant. Updates are made by programs, which read no warnings. */
export function podWarnings({ metadata, spec }: Pod, previous?: Pod): readonly string[] {
  if (previous !== undefined) return [];
  const problems = isDnsLabel(metadata.name);
  const hostname = "this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended";
  return [
    ...(problems.length === 0 ? [] : [`metadata.name: ${hostname}: [${problems.join(" ")}]`]),
    ...warningsOnce(spec),
    ...annotationWarnings("metadata.annotations", metadata.annotations, spec),
  ];
}

const warningsOnce = passOnce((spec: PodSpec) => specWarnings("spec", spec));

/** The same of a template. `field` is its path, such as `spec.template`. */
export function podTemplateWarnings({ metadata, spec }: PodTemplateSpec, field: string): readonly string[] {
  return [
    ...specWarnings(`${field}.spec`, spec),
    ...annotationWarnings(`${field}.metadata.annotations`, metadata.annotations, spec),
    ...appArmorWarnings(`${field}.metadata.annotations`, metadata.annotations, spec),
  ];
}

function specWarnings(field: string, spec: PodSpec): readonly string[] {
  const containers = allContainers(spec, field);
  return [
    ...topologyWarnings(field, spec),
    ...volumeWarnings(`${field}.volumes`, spec.volumes ?? []),
    ...repeated(spec.hostAliases, ({ ip }) => ip).map(
      ([index, ip]) => `${field}.hostAliases[${index}].ip: duplicate ip ${JSON.stringify(ip)}`,
    ),
    ...pullSecretWarnings(`${field}.imagePullSecrets`, spec),
    ...fractionWarnings(`${field}.overhead`, spec.overhead),
    ...containers.flatMap(([at, container]) => containerWarnings(at, container)),
    ...portWarnings(containers),
    ...(spec.terminationGracePeriodSeconds < 0
      ? [`${field}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`]
      : []),
    ...affinityWarnings(`${field}.affinity`, spec.affinity),
  ];
}

function pullSecretWarnings(field: string, { imagePullSecrets = [] }: PodSpec): readonly string[] {
  return [
    ...repeated(imagePullSecrets, ({ name }) => name).map(
      ([index, name]) => `${field}[${index}].name: duplicate name ${JSON.stringify(name)}`,
    ),
    ...imagePullSecrets.flatMap(({ name }, index) => (name === "" ? [`${field}[${index}].name: invalid empty name ""`] : [])),
  ];
}

function repeated<Item>(items: readonly Item[] = [], keyOf: (item: Item) => string): readonly (readonly [index: number, key: string])[] {
  return [...repeatedPlaces(items, keyOf)].map((index) => [index, keyOf(items[index]!)] as const);
}

function fractionWarnings(field: string, list: ResourceList | undefined): readonly string[] {
  return ["memory", "ephemeral-storage"].flatMap((name) => {
    const quantity = list?.[name];
    if (quantity === undefined || parseQuantity(quantity).nanos % 1_000_000_000n === 0n) return [];
    return [`${field}[${name}]: fractional byte value ${JSON.stringify(quantity)} is invalid, must be an integer`];
  });
}

function containerWarnings(field: string, { resources, env = [] }: Container): readonly string[] {
  const repeatedVariables = repeatedPlaces(env, ({ name }) => name);
  return [
    ...fractionWarnings(`${field}.resources.limits`, resources.limits),
    ...fractionWarnings(`${field}.resources.requests`, resources.requests),
    ...env.flatMap(({ name, value = "", valueFrom }, index) => {
      // A variable may well be built on the one before it: PATH="$(PATH):/more".
      const builtOn = valueFrom === undefined && value !== `$(${name})` && value.includes(`$(${name})`);
      if (!repeatedVariables.has(index) || builtOn) return [];
      return [`${field}.env[${index}]: hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`];
    }),
  ];
}

const withoutFunction: Annotations = {
  "scheduler.alpha.kubernetes.io/critical-pod": 'non-functional in v1.16+; use the "priorityClassName" field instead',
  "security.alpha.kubernetes.io/sysctls": 'non-functional in v1.11+; use the "sysctls" field instead',
  "security.alpha.kubernetes.io/unsafe-sysctls": 'non-functional in v1.11+; use the "sysctls" field instead',
};

function annotationWarnings(field: string, annotations: Annotations | undefined, spec: PodSpec): readonly string[] {
  // All that is looked for was an alpha feature once.
  if (annotations === undefined || !Object.keys(annotations).some((key) => key.includes("alpha.kubernetes.io/"))) return [];
  const seccomp = 'non-functional in v1.27+; use the "seccompProfile" field instead';
  const withoutField = [
    ...(spec.securityContext.seccompProfile === undefined ? ["seccomp.security.alpha.kubernetes.io/pod"] : []),
    ...allContainers(spec, "")
      .filter(([, { securityContext }]) => securityContext?.seccompProfile === undefined)
      .map(([, { name }]) => `container.seccomp.security.alpha.kubernetes.io/${name}`),
  ];
  return [
    ...Object.entries(withoutFunction).flatMap(([key, text]) => (annotations[key] === undefined ? [] : [`${field}[${key}]: ${text}`])),
    ...withoutField.flatMap((key) => (annotations[key] === undefined ? [] : [`${field}[${key}]: ${seccomp}`])),
  ];
}

function appArmorWarnings(field: string, annotations: Annotations | undefined, spec: PodSpec): readonly string[] {
  if (annotations === undefined || spec.securityContext.appArmorProfile !== undefined) return [];
  return allContainers(spec, "").flatMap(([, { name, securityContext }]) => {
    const key = `container.apparmor.security.beta.kubernetes.io/${name}`;
    if (annotations[key] === undefined || securityContext?.appArmorProfile !== undefined) return [];
    return [`${field}[${key}]: deprecated since v1.30; use the "appArmorProfile" field instead`];
  });
}
