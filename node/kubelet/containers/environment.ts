import type { ConfigMap, Container, EnvVar, Pod, Secret, Service } from "@kubets/api";
import { fromBase64 } from "../volumes/from-base64.ts";
import { isEnvVarName } from "@kubets/machinery";
import { fieldValue, resourceValue, type NodeAmounts } from "../volumes/downward-api.ts";
import { expand } from "./expand.ts";
import { serviceVariables } from "./service-variables.ts";

/** Something that a container needs is not there (yet). */
export class CreateContainerConfigError extends Error {
  override readonly name = "CreateContainerConfigError";
}

/** What variables are made of, besides the Pod itself. */
export interface EnvironmentSources {
  configMap(name: string): Promise<ConfigMap | undefined>;
  secret(name: string): Promise<Secret | undefined>;
  /** Of all namespaces. */
  readonly services: readonly Service[];
  /** The Pod with its addresses, as far as they are known. */
  readonly pod: Pod;
  readonly allocatable: NodeAmounts;
}

type Variables = Map<string, string>;

/**
 * The environment of a container: Services first, then envFrom, then env, later ones over earlier ones of the same name.
 * Throws {@link CreateContainerConfigError} for what is missing and not optional.
 */
export async function environmentOf(
  container: Container,
  sources: EnvironmentSources,
): Promise<readonly { readonly name: string; readonly value: string }[]> {
  const { pod } = sources;
  const fromServices = serviceVariables(sources.services, pod.metadata.namespace ?? "", pod.spec.enableServiceLinks ?? true);
  const result: Variables = new Map();
  for (const source of container.envFrom ?? []) {
    const prefix = source.prefix ?? "";
    const entries =
      source.configMapRef === undefined ? await fromSecret(source.secretRef, sources) : await fromConfigMap(source.configMapRef, sources);
    for (const [key, value] of entries) if (isEnvVarName(prefix + key).length === 0) result.set(prefix + key, value);
  }
  const known: Variables = new Map([...fromServices, ...result]);
  for (const variable of container.env ?? []) {
    const value = await valueOf(variable, container, sources, known);
    if (value === undefined) continue;
    result.set(variable.name, value);
    known.set(variable.name, value);
  }
  for (const [name, value] of fromServices) if (!result.has(name)) result.set(name, value);
  return [...result].map(([name, value]) => ({ name, value }));
}

async function valueOf(
  { name, value, valueFrom }: EnvVar,
  container: Container,
  sources: EnvironmentSources,
  known: Variables,
): Promise<string | undefined> {
  if (value !== undefined && value !== "") return expand(value, known);
  if (valueFrom === undefined) return "";
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = valueFrom;
  if (fieldRef !== undefined) return fieldValue(sources.pod, fieldRef.fieldPath);
  if (resourceFieldRef !== undefined) return resourceValue(sources.pod, resourceFieldRef, container.name, sources.allocatable);
  if (configMapKeyRef !== undefined) {
    const { name: object, key, optional = false } = configMapKeyRef;
    const configMap = await sources.configMap(object);
    if (configMap === undefined && !optional) throw new CreateContainerConfigError(`configmap "${object}" not found`);
    const found = configMap?.data?.[key];
    if (found === undefined && !optional)
      throw new CreateContainerConfigError(`couldn't find key ${key} in ConfigMap ${sources.pod.metadata.namespace}/${object}`);
    return found;
  }
  if (secretKeyRef !== undefined) {
    const { name: object, key, optional = false } = secretKeyRef;
    const secret = await sources.secret(object);
    if (secret === undefined && !optional) throw new CreateContainerConfigError(`secret "${object}" not found`);
    const found = secret?.data?.[key];
    if (found === undefined && !optional)
      throw new CreateContainerConfigError(`couldn't find key ${key} in Secret ${sources.pod.metadata.namespace}/${object}`);
    return found === undefined ? undefined : textOf(found);
  }
  throw new CreateContainerConfigError(`environment variable ${name} has a source that this kubelet does not support`);
}

async function fromConfigMap(
  { name, optional = false }: { readonly name: string; readonly optional?: boolean },
  sources: EnvironmentSources,
): Promise<readonly (readonly [string, string])[]> {
  const configMap = await sources.configMap(name);
  if (configMap === undefined && !optional) throw new CreateContainerConfigError(`configmap "${name}" not found`);
  return Object.entries(configMap?.data ?? {});
}

async function fromSecret(
  reference: { readonly name: string; readonly optional?: boolean } | undefined,
  sources: EnvironmentSources,
): Promise<readonly (readonly [string, string])[]> {
  if (reference === undefined) return [];
  const { name, optional = false } = reference;
  const secret = await sources.secret(name);
  if (secret === undefined && !optional) throw new CreateContainerConfigError(`secret "${name}" not found`);
  return Object.entries(secret?.data ?? {}).map(([key, value]) => [key, textOf(value)] as const);
}

function textOf(base64: string): string {
  return new TextDecoder().decode(fromBase64(base64));
}
