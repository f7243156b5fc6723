import type {
  ConfigMap,
  KeyToPath,
  Pod,
  ProjectedVolumeSource,
  Secret,
  ServiceAccountTokenProjection,
  Volume,
  DownwardAPIVolumeFile,
} from "@kubets/api";
import { fromBase64 } from "./from-base64.ts";
import { fieldValue, type NodeAmounts, resourceValue } from "./downward-api.ts";

/** One file of a volume. */
export interface VolumeFile {
  /** Below the volume. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly mode: number;
}

export interface FileSources {
  configMap(name: string): Promise<ConfigMap | undefined>;
  secret(name: string): Promise<Secret | undefined>;
  token(projection: ServiceAccountTokenProjection): Promise<string>;
  readonly pod: Pod;
  readonly allocatable: NodeAmounts;
}

/** Whether a volume is made of files that the kubelet writes and keeps up to date. */
export function isMadeOfFiles({ configMap, secret, downwardAPI, projected }: Volume): boolean {
  return configMap !== undefined || secret !== undefined || downwardAPI !== undefined || projected !== undefined;
}

/** Whether such a volume lies in memory: what may be secret never reaches a disk. A ConfigMap isn't, and would only cost memory. */
export function isInMemory({ secret, downwardAPI, projected }: Volume): boolean {
  return secret !== undefined || downwardAPI !== undefined || projected !== undefined;
}

/** The files of a volume as they should be now. Throws for what is missing and not optional. */
export async function filesOf(volume: Volume, sources: FileSources): Promise<readonly VolumeFile[]> {
  const { configMap, secret, downwardAPI, projected } = volume;
  if (configMap !== undefined) return fromConfigMap(configMap, configMap.defaultMode, sources);
  if (secret !== undefined) return fromSecret({ ...secret, name: secret.secretName ?? "" }, secret.defaultMode, sources);
  if (downwardAPI !== undefined) return fromDownwardAPI(downwardAPI.items, downwardAPI.defaultMode, sources);
  return projected === undefined ? [] : fromProjection(projected, sources);
}

async function fromProjection(
  { sources: projections = [], defaultMode }: ProjectedVolumeSource,
  sources: FileSources,
): Promise<readonly VolumeFile[]> {
  const files: VolumeFile[] = [];
  for (const { configMap, secret, downwardAPI, serviceAccountToken, clusterTrustBundle, podCertificate } of projections) {
    if (configMap !== undefined) files.push(...(await fromConfigMap(configMap, defaultMode, sources)));
    if (secret !== undefined) files.push(...(await fromSecret(secret, defaultMode, sources)));
    if (downwardAPI !== undefined) files.push(...fromDownwardAPI(downwardAPI.items, defaultMode, sources));
    if (serviceAccountToken !== undefined) {
      files.push({ path: serviceAccountToken.path, bytes: encode(await sources.token(serviceAccountToken)), mode: defaultMode });
    }
    if (clusterTrustBundle !== undefined || podCertificate !== undefined) {
      throw new Error("projections of clusterTrustBundle and podCertificate are not supported by this kubelet");
    }
  }
  return files;
}

interface Reference {
  readonly name: string;
  readonly items?: readonly KeyToPath[];
  readonly optional?: boolean;
}

async function fromConfigMap(
  { name, items, optional = false }: Reference,
  mode: number,
  sources: FileSources,
): Promise<readonly VolumeFile[]> {
  const configMap = await sources.configMap(name);
  if (configMap === undefined && !optional) throw new Error(`configmap "${name}" not found`);
  const { data = {}, binaryData = {} } = configMap ?? {};
  const entries: Record<string, Uint8Array> = {};
  for (const [key, value] of Object.entries(data)) entries[key] = encode(value);
  for (const [key, value] of Object.entries(binaryData)) entries[key] = fromBase64(value);
  return chosen(entries, items, { mode, optional, what: `configmap references non-existent config key: ` });
}

async function fromSecret(
  { name, items, optional = false }: Reference,
  mode: number,
  sources: FileSources,
): Promise<readonly VolumeFile[]> {
  const secret = await sources.secret(name);
  if (secret === undefined && !optional) throw new Error(`secret "${name}" not found`);
  const entries: Record<string, Uint8Array> = {};
  for (const [key, value] of Object.entries(secret?.data ?? {})) entries[key] = fromBase64(value);
  return chosen(entries, items, { mode, optional, what: `references non-existent secret key: ` });
}

function chosen(
  entries: Readonly<Record<string, Uint8Array>>,
  items: readonly KeyToPath[] | undefined,
  { mode, optional, what }: { readonly mode: number; readonly optional: boolean; readonly what: string },
): readonly VolumeFile[] {
  if (items === undefined || items.length === 0) return Object.entries(entries).map(([path, bytes]) => ({ path, bytes, mode }));
  return items.flatMap((item) => {
    const bytes = entries[item.key];
    if (bytes !== undefined) return [{ path: item.path, bytes, mode: item.mode ?? mode }];
    if (optional) return [];
    throw new Error(`${what}${item.key}`);
  });
}

function fromDownwardAPI(
  items: readonly DownwardAPIVolumeFile[] = [],
  defaultMode: number,
  { pod, allocatable }: FileSources,
): readonly VolumeFile[] {
  return items.map(({ path, fieldRef, resourceFieldRef, mode }) => {
    const value = fieldRef === undefined ? resourceValue(pod, resourceFieldRef!, "", allocatable) : fieldValue(pod, fieldRef.fieldPath);
    return { path, bytes: encode(value), mode: mode ?? defaultMode };
  });
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
