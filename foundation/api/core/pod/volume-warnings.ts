import type { ProjectedVolumeSource } from "./volumes/projected.ts";
import type { Volume, VolumeSource } from "./volumes/volume.ts";

const deprecated: readonly (readonly [name: keyof VolumeSource, text: string])[] = [
  ["photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"],
  ["gitRepo", "deprecated in v1.11, and disabled by default in v1.33+"],
  ["scaleIO", "deprecated in v1.16, non-functional in v1.22+"],
  ["flocker", "deprecated in v1.22, non-functional in v1.25+"],
  ["storageos", "deprecated in v1.22, non-functional in v1.25+"],
  ["quobyte", "deprecated in v1.22, non-functional in v1.25+"],
  ["glusterfs", "deprecated in v1.25, non-functional in v1.26+"],
  ["cephfs", "deprecated in v1.28, non-functional in v1.31+"],
  ["rbd", "deprecated in v1.28, non-functional in v1.31+"],
];

/** Volumes that no longer work, and files that hide a token. */
export function volumeWarnings(field: string, volumes: readonly Volume[]): readonly string[] {
  const tokens = new Set(volumes.flatMap(({ projected }) => tokenPaths(projected)));
  return [
    ...volumes.flatMap((volume, index) =>
      deprecated.flatMap(([name, text]) => (volume[name] === undefined ? [] : [`${field}[${index}].${name}: ${text}`])),
    ),
    ...volumes.flatMap(({ projected }, index) => hidingWarnings(`${field}[${index}].projected.sources`, projected, tokens)),
  ];
}

function tokenPaths(projected: ProjectedVolumeSource | undefined): readonly string[] {
  return (projected?.sources ?? []).flatMap(({ serviceAccountToken }) =>
    serviceAccountToken === undefined ? [] : [serviceAccountToken.path],
  );
}

function hidingWarnings(field: string, projected: ProjectedVolumeSource | undefined, tokens: ReadonlySet<string>): readonly string[] {
  const hiding = (at: string, path: string): readonly string[] =>
    tokens.has(path) ? [`${at}: has duplicated path with ServiceAccountToken ${JSON.stringify(path)}`] : [];
  return (projected?.sources ?? []).flatMap(({ configMap, secret, downwardAPI, clusterTrustBundle }) => [
    ...(configMap?.items ?? []).flatMap(({ path }, index) => hiding(`${field}.configMap[${index}]`, path)),
    ...(secret?.items ?? []).flatMap(({ path }, index) => hiding(`${field}.secrets[${index}]`, path)),
    ...(downwardAPI?.items ?? []).flatMap(({ path }, index) => hiding(`${field}.downwardAPI[${index}]`, path)),
    ...(clusterTrustBundle === undefined ? [] : hiding(`${field}.ClusterTrustBundle`, clusterTrustBundle.path)),
  ]);
}
