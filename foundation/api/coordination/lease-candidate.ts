import {
  compareSemanticVersions,
  defineKind,
  field,
  type FieldError,
  invalid,
  isConfigMapKey,
  type Kind,
  kindObject,
  type KubernetesObject,
  microTime,
  type MicroTime,
  object,
  parseSemanticVersion,
  required,
  type Schema,
  type SemanticVersion,
  struct,
  text,
} from "@kubets/machinery";
import { ageColumn, nameColumn } from "../columns.ts";
import { immutable } from "../immutable.ts";
import { oldestEmulationVersion, validateStrategy } from "./strategies.ts";

/** Stands for a lease whose holder is chosen, not whoever comes first. */
export interface LeaseCandidate extends KubernetesObject {
  readonly spec: LeaseCandidateSpec;
}

/** Who stands for which lease, and by what it is chosen. */
export interface LeaseCandidateSpec {
  readonly leaseName: string;
  readonly pingTime?: MicroTime;
  readonly renewTime?: MicroTime;
  readonly binaryVersion: string;
  readonly emulationVersion?: string;
  readonly strategy: string;
}

const leaseCandidateSpec: Schema<LeaseCandidateSpec> = object<LeaseCandidateSpec>(
  "io.k8s.api.coordination.v1beta1.LeaseCandidateSpec",
  "Who stands for which lease, and by what it is chosen.",
  {
    leaseName: text({ field: 1, required: true, doc: "The lease; never changes." }),
    pingTime: field(microTime, { field: 2, presence: "pointer", doc: "When the server last asked whether it is still there." }),
    renewTime: field(microTime, { field: 3, presence: "pointer", doc: "When it last said so." }),
    binaryVersion: text({ field: 4, required: true, doc: "The version of its program, as semver.org has them." }),
    emulationVersion: text({ field: 5, doc: "The version that it behaves like; not newer than the program." }),
    strategy: text({ field: 6, required: true, doc: "How the holder is chosen: OldestEmulationVersion, or one with a domain." }),
  },
);

const leaseCandidate: Schema<LeaseCandidate> = kindObject<LeaseCandidate>(
  "io.k8s.api.coordination.v1beta1.LeaseCandidate",
  "Stands for a lease whose holder is chosen, not whoever comes first.",
  {
    spec: struct(leaseCandidateSpec, { field: 2, required: true, doc: "Who stands for which lease, and by what it is chosen." }),
  },
);

export const LeaseCandidateKind: Kind<LeaseCandidate> = defineKind<LeaseCandidate>({
  group: "coordination.k8s.io",
  version: "v1beta1",
  kind: "LeaseCandidate",
  resource: "leasecandidates",
  scope: "Namespaced",
  schema: leaseCandidate,
  deprecation: "coordination.k8s.io/v1beta1 LeaseCandidate is deprecated in v1.36+, unavailable in v1.39+",
  columns: [
    nameColumn,
    { name: "LeaseName", type: "string", doc: "The lease.", cell: ({ spec }) => spec.leaseName },
    { name: "BinaryVersion", type: "string", doc: "The version of its program.", cell: ({ spec }) => spec.binaryVersion },
    { name: "EmulationVersion", type: "string", doc: "The version that it behaves like.", cell: ({ spec }) => spec.emulationVersion ?? "" },
    ageColumn,
  ],
  strategy: {
    name: "pathSegment",
    createOnUpdate: true,
    unconditionalUpdate: false,
    validate: validateCandidate,
    validateUpdate: ({ spec }, previous) => immutable("spec.leaseName", spec.leaseName, previous.spec.leaseName),
  },
});

function validateCandidate({ metadata, spec }: LeaseCandidate): readonly FieldError[] {
  const { binaryVersion, emulationVersion = "", strategy } = spec;
  const [binary, emulated] = [versionOf(binaryVersion), versionOf(emulationVersion)];
  const unreadable = (path: string, text: string): readonly FieldError[] =>
    text !== "" && versionOf(text) === undefined ? [invalid(path, text, "must be a valid semantic version")] : [];
  const isOlder = binary !== undefined && emulated !== undefined && compareSemanticVersions(binary, emulated) < 0;
  const needsEmulation = strategy === oldestEmulationVersion && emulated === undefined;
  return [
    ...isConfigMapKey(metadata.name).map((message) => invalid("metadata.name", metadata.name, message)),
    ...unreadable("spec.emulationVersion", emulationVersion),
    ...unreadable("spec.binaryVersion", binaryVersion),
    ...(isOlder ? [invalid("spec.binaryVersion", binaryVersion, "must be greater than or equal to `emulationVersion`")] : []),
    ...(needsEmulation ? [required("spec.emulationVersion", "must be specified when `strategy` is 'OldestEmulationVersion'")] : []),
    ...(strategy === "" ? [] : validateStrategy(strategy)),
  ];
}

function versionOf(text: string): SemanticVersion | undefined {
  const version = parseSemanticVersion(text);
  return typeof version === "string" ? undefined : version;
}
