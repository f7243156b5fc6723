import {
  type defaulted,
  defineKind,
  duplicate,
  type FieldError,
  flag,
  integer,
  invalid,
  type Kind,
  kindObject,
  type KubernetesObject,
  list,
  notSupported,
  object,
  type Schema,
  string,
  struct,
  text,
} from "@kubets/machinery";
import { nameColumn, ageColumn } from "../columns.ts";
import { immutable } from "../immutable.ts";

/** Says of a CSI driver what the cluster must do for it. It has the name of the driver. */
export interface CSIDriver extends KubernetesObject {
  readonly spec: CSIDriverSpec;
}

/** What a CSI driver needs and can do. */
export interface CSIDriverSpec {
  readonly [defaulted]?:
    | "attachRequired"
    | "podInfoOnMount"
    | "volumeLifecycleModes"
    | "storageCapacity"
    | "fsGroupPolicy"
    | "requiresRepublish"
    | "seLinuxMount";
  readonly attachRequired: boolean;
  readonly podInfoOnMount: boolean;
  readonly volumeLifecycleModes: readonly string[];
  readonly storageCapacity: boolean;
  readonly fsGroupPolicy: string;
  readonly tokenRequests?: readonly StorageV1TokenRequest[];
  readonly requiresRepublish: boolean;
  readonly seLinuxMount: boolean;
  readonly nodeAllocatableUpdatePeriodSeconds?: number;
  readonly serviceAccountTokenInSecrets?: boolean;
  readonly preventPodSchedulingIfMissing?: boolean;
}

/** A token that a driver wants. */
export interface StorageV1TokenRequest {
  readonly audience: string;
  readonly expirationSeconds?: number;
}

const storageV1TokenRequest: Schema<StorageV1TokenRequest> = object<StorageV1TokenRequest>(
  "io.k8s.api.storage.v1.TokenRequest",
  "A token that a driver wants.",
  {
    audience: text({ field: 1, required: true, mayBeEmpty: true, doc: "Whom the token is for; that of the API server where it is empty." }),
    expirationSeconds: integer({ field: 2, presence: "pointer", bits: 64, doc: "How long it is good; at least 600 seconds." }),
  },
);

const csiDriverSpec: Schema<CSIDriverSpec> = object<CSIDriverSpec>(
  "io.k8s.api.storage.v1.CSIDriverSpec",
  "What a CSI driver needs and can do.",
  {
    attachRequired: flag({
      field: 1,
      presence: "pointer",
      default: true,
      doc: "Whether its volumes must be attached to a node, by a VolumeAttachment, before they are mounted; never changes.",
    }),
    podInfoOnMount: flag({
      field: 2,
      presence: "pointer",
      default: false,
      doc: "Whether the driver is told of the Pod when it mounts a volume.",
    }),
    volumeLifecycleModes: list(string, {
      field: 3,
      default: ["Persistent"],
      listType: "set",
      doc: "Which volumes it makes: those of claims (Persistent), those that Pods have inline (Ephemeral), or both; never changes.",
    }),
    storageCapacity: flag({
      field: 4,
      presence: "pointer",
      default: false,
      doc: "Whether the driver tells by CSIStorageCapacity objects how much space is left, for the scheduler to heed.",
    }),
    fsGroupPolicy: text({
      field: 5,
      presence: "pointer",
      default: "ReadWriteOnceWithFSType",
      doc: "Whether files get the group of the Pod: ReadWriteOnceWithFSType, File (always) or None.",
    }),
    tokenRequests: list(storageV1TokenRequest, {
      field: 6,
      listType: "atomic",
      doc: "Tokens of the Pod's service account that the driver is given when it mounts.",
    }),
    requiresRepublish: flag({
      field: 7,
      presence: "pointer",
      default: false,
      doc: "Whether the driver wants to be asked again and again to mount, such as to renew tokens.",
    }),
    seLinuxMount: flag({
      field: 8,
      presence: "pointer",
      default: false,
      doc: "Whether volumes can be mounted with the SELinux label of the Pod.",
    }),
    nodeAllocatableUpdatePeriodSeconds: integer({
      field: 9,
      presence: "pointer",
      bits: 64,
      doc: "Every how many seconds, at least 10, to ask how many volumes a node takes; only at the node's start where nothing is said.",
    }),
    serviceAccountTokenInSecrets: flag({
      field: 10,
      presence: "pointer",
      doc: "Whether the tokens are handed over as secrets, not among the volume's attributes.",
    }),
    preventPodSchedulingIfMissing: flag({
      field: 11,
      presence: "pointer",
      doc: "Whether Pods with its volumes are kept from nodes on which the driver isn't.",
    }),
  },
);

const csiDriver: Schema<CSIDriver> = kindObject<CSIDriver>(
  "io.k8s.api.storage.v1.CSIDriver",
  "Says of a CSI driver what the cluster must do for it. It has the name of the driver.",
  {
    spec: struct(csiDriverSpec, { field: 2, required: true, doc: "What the driver needs and can do." }),
  },
);

export const CSIDriverKind: Kind<CSIDriver> = defineKind<CSIDriver>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSIDriver",
  resource: "csidrivers",
  scope: "Cluster",
  schema: csiDriver,
  columns: [
    nameColumn,
    { name: "AttachRequired", type: "boolean", doc: "Whether volumes are attached first.", cell: ({ spec }) => spec.attachRequired },
    { name: "PodInfoOnMount", type: "boolean", doc: "Whether the driver is told of the Pod.", cell: ({ spec }) => spec.podInfoOnMount },
    {
      name: "StorageCapacity",
      type: "boolean",
      doc: "Whether the driver tells how much space is left.",
      cell: ({ spec }) => spec.storageCapacity,
    },
    { name: "TokenRequests", type: "string", doc: "Whom its tokens are for.", cell: ({ spec }) => audiencesOf(spec) },
    {
      name: "RequiresRepublish",
      type: "boolean",
      doc: "Whether it is asked again and again to mount.",
      cell: ({ spec }) => spec.requiresRepublish,
    },
    { name: "Modes", type: "string", doc: "Which volumes it makes.", cell: ({ spec }) => spec.volumeLifecycleModes.join(",") || "<none>" },
    ageColumn,
  ],
  strategy: {
    answersDeleted: true,
    generation: true,
    unconditionalUpdate: false,
    validate: validateCSIDriver,
    validateUpdate: validateCSIDriverUpdate,
  },
});

function audiencesOf({ tokenRequests = [] }: CSIDriverSpec): string {
  return tokenRequests.length === 0 ? "<unset>" : tokenRequests.map(({ audience }) => audience).join(",");
}

const fsGroupPolicies = ["File", "None", "ReadWriteOnceWithFSType"];
const lifecycleModes = ["Persistent", "Ephemeral"];

function validateCSIDriver({ spec }: CSIDriver): readonly FieldError[] {
  const { fsGroupPolicy, tokenRequests = [], volumeLifecycleModes, nodeAllocatableUpdatePeriodSeconds: period } = spec;
  return [
    ...(fsGroupPolicies.includes(fsGroupPolicy) ? [] : [notSupported("spec.fsGroupPolicy", fsGroupPolicy, fsGroupPolicies)]),
    ...validateTokenRequests(tokenRequests, "spec.tokenRequests"),
    // The error is of the list, not of its item, as upstream has it.
    ...volumeLifecycleModes
      .filter((mode) => !lifecycleModes.includes(mode))
      .map((mode) => notSupported("spec.volumeLifecycleModes", mode, lifecycleModes)),
    ...(period !== undefined && period < 10
      ? [invalid("spec.nodeAllocatableUpdatePeriodSeconds", period, "must be greater than or equal to 10 seconds")]
      : []),
  ];
}

const shortestSeconds = 600;
const longestSeconds = 2 ** 32;

function validateTokenRequests(requests: readonly StorageV1TokenRequest[], path: string): readonly FieldError[] {
  const audiences = requests.map(({ audience }) => audience);
  return requests.flatMap(({ audience, expirationSeconds: seconds }, index) => {
    const at = `${path}[${index}]`;
    if (audiences.indexOf(audience) < index) return [duplicate(`${at}.audience`, audience)];
    if (seconds === undefined) return [];
    return [
      ...(seconds < shortestSeconds
        ? [invalid(`${at}.expirationSeconds`, seconds, "may not specify a duration less than 10 minutes")]
        : []),
      ...(seconds > longestSeconds
        ? [invalid(`${at}.expirationSeconds`, seconds, "may not specify a duration larger than 2^32 seconds")]
        : []),
    ];
  });
}

/** The name of the first field isn't the one that it has, as upstream has it. */
function validateCSIDriverUpdate({ spec }: CSIDriver, { spec: before }: CSIDriver): readonly FieldError[] {
  return [
    ...immutable("spec.attachedRequired", spec.attachRequired, before.attachRequired),
    ...immutable("spec.volumeLifecycleModes", spec.volumeLifecycleModes, before.volumeLifecycleModes),
  ];
}
