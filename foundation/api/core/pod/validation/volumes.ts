import { duplicate, type FieldError, forbidden, invalid, isDnsSubdomain, required, type TemplateMeta } from "@kubets/machinery";
import type { Volume } from "../volumes/volume.ts";
import { validateDnsLabel } from "./formats.ts";
import { type Sources, type SourceValidators, sourceValidators } from "./volume-sources.ts";

export type VolumesByName = ReadonlyMap<string, Volume>;

/** `volumes` holds those that a container may refer to: a volume with a fault of its own is as good as missing. */
export interface ValidatedVolumes {
  readonly volumes: VolumesByName;
  readonly errors: readonly FieldError[];
}

/** `metadata` is that of the Pod; absent in a template, where the names of claims aren't known yet. */
export function validateVolumes(volumes: readonly Volume[], field: string, metadata: TemplateMeta | undefined): ValidatedVolumes {
  const known = new Map<string, Volume>();
  const errors: FieldError[] = [];
  const claims = claimsOfEphemeralVolumes(volumes, metadata);
  for (const [index, volume] of volumes.entries()) {
    const at = `${field}[${index}]`;
    const found = [
      ...validateSource(volume, at, metadata),
      ...(volume.name === "" ? [] : validateDnsLabel(volume.name, `${at}.name`)),
      ...(known.has(volume.name) ? [duplicate(`${at}.name`, volume.name)] : []),
    ];
    if (found.length === 0) known.set(volume.name, volume);
    errors.push(...found, ...validateClaimIsNotMade(volume, at, claims));
  }
  return { volumes: known, errors };
}

function claimsOfEphemeralVolumes(volumes: readonly Volume[], metadata: TemplateMeta | undefined): ReadonlySet<string> {
  const podName = metadata?.name ?? "";
  if (podName === "") return new Set();
  return new Set(volumes.filter(({ ephemeral }) => ephemeral !== undefined).map(({ name }) => `${podName}-${name}`));
}

function validateClaimIsNotMade({ persistentVolumeClaim }: Volume, field: string, claims: ReadonlySet<string>): readonly FieldError[] {
  if (persistentVolumeClaim === undefined || !claims.has(persistentVolumeClaim.claimName)) return [];
  const detail = "must not reference a PVC that gets created for an ephemeral volume";
  return [invalid(`${field}.persistentVolumeClaim.claimName`, persistentVolumeClaim.claimName, detail)];
}

/** Exactly one source; those after the first are refused and not looked at. */
function validateSource(volume: Volume, field: string, metadata: TemplateMeta | undefined): readonly FieldError[] {
  const [first, ...others] = sourcesOf(volume);
  if (first === undefined) return [required(field, "must specify a volume type")];
  return [
    // It is set: it was found by that.
    ...validateOf(first, field, volume as Sources),
    ...others.map((name) => forbidden(`${field}.${name}`, "may not specify more than 1 volume type")),
    ...(first === "ephemeral" ? validateClaimName(volume, field, metadata) : []),
    ...(first === "iscsi" ? validateInitiatorLength(volume, field) : []),
    // A template may leave the image to whoever makes the Pod.
    ...(first === "image" && metadata !== undefined && (volume.image?.reference ?? "") === ""
      ? [required(`${field}.image.reference`)]
      : []),
  ];
}

/** In the order in which they count. */
function sourcesOf(volume: Volume): readonly (keyof Sources)[] {
  const given = Object.entries(volume).flatMap(([name, source]) => (isSource(name) && source !== undefined ? [name] : []));
  return given.length < 2 ? given : given.toSorted((a, b) => sourceNames.indexOf(a) - sourceNames.indexOf(b));
}

const sourceNames = Object.keys(sourceValidators);

function isSource(name: string): name is keyof Sources {
  return name !== "name" && Object.hasOwn(sourceValidators, name);
}

function validateOf<Name extends keyof Sources>(name: Name, field: string, sources: Sources): readonly FieldError[] {
  const validate: SourceValidators[Name] = sourceValidators[name];
  return validate(sources[name], `${field}.${name}`);
}

function validateClaimName({ name }: Volume, field: string, metadata: TemplateMeta | undefined): readonly FieldError[] {
  const podName = metadata?.name ?? "";
  if (podName === "" || name === "") return [];
  const claim = `${podName}-${name}`;
  return isDnsSubdomain(claim).map((problem) => invalid(`${field}.name`, name, `PVC name "${claim}": ${problem}`));
}

const longestInitiator = 64;

function validateInitiatorLength({ name, iscsi }: Volume, field: string): readonly FieldError[] {
  if (iscsi?.initiatorName === undefined || `${name}:${iscsi.targetPortal}`.length <= longestInitiator) return [];
  const detail = `Total length of <volume name>:<iscsi.targetPortal> must be under ${longestInitiator} characters if iscsi.initiatorName is specified.`;
  return [invalid(`${field}.name`, name, detail)];
}
