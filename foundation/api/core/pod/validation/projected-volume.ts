import {
  type FieldError,
  forbidden,
  invalid,
  isDnsSubdomain,
  required,
  validateAnnotations,
  validateLabelSelector,
} from "@kubets/machinery";
import type {
  ClusterTrustBundleProjection,
  PodCertificateProjection,
  ProjectedVolumeSource,
  ServiceAccountTokenProjection,
  VolumeProjection,
} from "../volumes/projected.ts";
import { validateFilePath } from "./paths.ts";
import { validateFileMode } from "./ranges.ts";
import { validateDownwardAPIFile, validateItems } from "./configuration-volumes.ts";

/** Sources must not make the same file twice. */
export function validateProjected({ defaultMode, sources = [] }: ProjectedVolumeSource, field: string): readonly FieldError[] {
  const paths = new Set<string>();
  return [
    ...validateFileMode(defaultMode, `${field}.defaultMode`),
    ...sources.flatMap((source, index) => [
      ...validateProjection(source, `${field}.sources[${index}]`, field),
      ...filesOf(source).flatMap(({ path, owner }) => {
        if (path === "") return [];
        if (paths.has(path)) return [invalid(field, owner, "conflicting duplicate paths")];
        paths.add(path);
        return [];
      }),
    ]),
  ];
}

interface ProjectedFile {
  readonly path: string;
  /** What an error names: the object that the file comes from, or the path itself. */
  readonly owner: string;
}

/** The files of a source whose names are known beforehand. */
function filesOf({ secret, configMap, downwardAPI, clusterTrustBundle, podCertificate }: VolumeProjection): readonly ProjectedFile[] {
  const { credentialBundlePath, keyPath, certificateChainPath } = podCertificate ?? {};
  const named = [
    ...(downwardAPI?.items ?? []).map(({ path }) => path),
    clusterTrustBundle?.path,
    credentialBundlePath,
    keyPath,
    certificateChainPath,
  ];
  return [
    ...(secret?.items ?? []).map(({ path }) => ({ path, owner: secret!.name })),
    ...(configMap?.items ?? []).map(({ path }) => ({ path, owner: configMap!.name })),
    ...named.filter((path) => path !== undefined).map((path) => ({ path, owner: path })),
  ];
}

function validateProjection(source: VolumeProjection, at: string, field: string): readonly FieldError[] {
  const { secret, configMap, downwardAPI, serviceAccountToken: token, clusterTrustBundle: bundle, podCertificate: certificate } = source;
  const given = Object.values(source).filter((each) => each !== undefined).length;
  return [
    ...(secret === undefined ? [] : validateObjectItems(secret, `${at}.secret`)),
    ...(configMap === undefined ? [] : validateObjectItems(configMap, `${at}.configMap`)),
    ...(downwardAPI?.items ?? []).flatMap((file) => validateDownwardAPIFile(file, `${at}.downwardAPI`)),
    ...(token === undefined ? [] : validateToken(token, `${at}.serviceAccountToken`, field)),
    ...(bundle === undefined ? [] : validateTrustBundle(bundle, `${at}.clusterTrustBundle`)),
    ...(certificate === undefined ? [] : validateCertificate(certificate, `${at}.podCertificate`)),
    ...(given > 1 ? [forbidden(at, "may not specify more than 1 volume type per source")] : []),
  ];
}

function validateObjectItems({ name, items = [] }: NonNullable<VolumeProjection["secret"]>, field: string): readonly FieldError[] {
  return [...(name === "" ? [required(`${field}.name`)] : []), ...validateItems(items, `${field}.items`)];
}

const shortestToken = 600;
const longestToken = 2 ** 32;

function validateToken({ expirationSeconds, path }: ServiceAccountTokenProjection, field: string, volume: string): readonly FieldError[] {
  const at = `${field}.expirationSeconds`;
  return [
    ...(expirationSeconds < shortestToken ? [invalid(at, expirationSeconds, "may not specify a duration less than 10 minutes")] : []),
    ...(expirationSeconds > longestToken ? [invalid(at, expirationSeconds, "may not specify a duration larger than 2^32 seconds")] : []),
    ...validateFilePath(path, `${volume}.path`),
  ];
}

function validateTrustBundle(bundle: ClusterTrustBundleProjection, field: string): readonly FieldError[] {
  return [...validateTrustBundleChoice(bundle, field), ...validateFilePath(bundle.path, `${field}.path`)];
}

function validateTrustBundleChoice(bundle: ClusterTrustBundleProjection, field: string): readonly FieldError[] {
  const { name, signerName, labelSelector } = bundle;
  if (name !== undefined && signerName !== undefined) return [invalid(field, bundle, "only one of name and signerName may be used")];
  if (name !== undefined) {
    return [
      ...(name === "" ? [required(`${field}.name`, "must be a valid object name")] : []),
      ...trustBundleNameProblems(name).map((problem) => invalid(`${field}.name`, name, `not a valid clustertrustbundlename: ${problem}`)),
      ...(labelSelector === undefined
        ? []
        : [invalid(`${field}.labelSelector`, labelSelector, "labelSelector must be unset if name is specified")]),
    ];
  }
  if (signerName === undefined) return [required(field, "either name or signerName must be specified")];
  return [
    ...validateSignerName(signerName, `${field}.signerName`),
    ...(labelSelector === undefined ? [] : validateLabelSelector(labelSelector, `${field}.labelSelector`)),
  ];
}

/** `SIGNER:NAME` for a signer's bundle, with the signer's slash as a colon; a plain name otherwise. */
function trustBundleNameProblems(name: string): readonly string[] {
  return isDnsSubdomain(name.slice(name.lastIndexOf(":") + 1));
}

function validateSignerName(name: string, field: string): readonly FieldError[] {
  if (name === "") return [required(field, "must be a valid signer name")];
  const [domain = "", path = "", ...more] = name.split("/");
  if (path === "" || more.length > 0) {
    return [invalid(field, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'")];
  }
  return [
    ...isDnsSubdomain(domain).map((problem) => invalid(field, domain, `validating label "${domain}": ${problem}`)),
    ...isDnsSubdomain(path).map((problem) => invalid(field, path, `validating label "${path}": ${problem}`)),
  ];
}

const shortestCertificate = 3600;
const longestCertificate = 91 * 24 * 3600;

function validateCertificate(certificate: PodCertificateProjection, field: string): readonly FieldError[] {
  const { signerName, maxExpirationSeconds: seconds, credentialBundlePath, keyPath, certificateChainPath, userAnnotations } = certificate;
  const paths = { credentialBundlePath, keyPath, certificateChainPath };
  const at = `${field}.maxExpirationSeconds`;
  return [
    ...validateSignerName(signerName, `${field}.signerName`),
    ...(seconds < shortestCertificate ? [invalid(at, seconds, `if provided, maxExpirationSeconds must be >= ${shortestCertificate}`)] : []),
    ...(seconds > longestCertificate ? [invalid(at, seconds, `if provided, maxExpirationSeconds must be <= ${longestCertificate}`)] : []),
    ...Object.entries(paths).flatMap(([name, path]) => (path === undefined ? [] : validateFilePath(path, `${field}.${name}`))),
    ...(Object.values(paths).every((path) => path === undefined || path === "")
      ? [required(field, "specify at least one of credentialBundlePath, keyPath, and certificateChainPath")]
      : []),
    ...validateAnnotations(userAnnotations, `${field}.userAnnotations`),
  ];
}
