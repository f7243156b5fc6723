import { kindObject, listMetadata, typeMeta } from "./kind-object.ts";
import { assigned } from "./meta-schemas.ts";
import type {
  CreateOptions,
  DeleteOptions,
  KubernetesObject,
  PatchOptions,
  Status,
  StatusCause,
  StatusDetails,
  StatusReason,
  UpdateOptions,
  WatchEvent,
} from "./meta.ts";
import { field, flag, integer, jsonObject, list, object, type Schema, string, struct, text } from "./schema.ts";

// The schemas of what goes with a request besides objects: how it is to be carried out, and how it ended.

const meta = "io.k8s.apimachinery.pkg.apis.meta.v1";

export const statusCause: Schema<StatusCause> = object<StatusCause>(`${meta}.StatusCause`, "One of several things that went wrong.", {
  reason: text({ field: 1, doc: "What kind of thing is wrong, as a word that programs branch on." }),
  message: text({ field: 2, doc: "What is wrong, as a sentence for people." }),
  field: text({ field: 3, doc: "The path of the field that is wrong." }),
});

export const statusDetails: Schema<StatusDetails> = object<StatusDetails>(
  `${meta}.StatusDetails`,
  "What a failure is about, as far as its reason has more to say.",
  {
    name: text({ field: 1, doc: "The name of the object." }),
    group: text({ field: 2, doc: "The API group of the object." }),
    kind: text({ field: 3, doc: "The resource or kind of the object." }),
    uid: text({ field: 6, doc: "The uid of the object." }),
    causes: list(statusCause, { field: 4, listType: "atomic", doc: "Everything that went wrong." }),
    retryAfterSeconds: integer({ field: 5, doc: "After how many seconds to try again; 0 when trying again does not help." }),
  },
);

export const status: Schema<Status> = object<Status>(`${meta}.Status`, "The answer to a request that has no object to answer with.", {
  ...typeMeta<"Status", "v1">(),
  metadata: listMetadata,
  status: assigned(text({ field: 2, enum: ["Success", "Failure"], doc: "Success or Failure." })),
  message: text({ field: 3, doc: "What happened, as a sentence for people." }),
  reason: text<StatusReason>({ field: 4, doc: "Why it failed, as a word that programs branch on." }),
  details: struct(statusDetails, { field: 5, presence: "pointer", doc: "What the failure is about." }),
  code: integer({ field: 6, doc: "The HTTP status code." }),
});

/** An object's metadata alone. */
export const partialObjectMetadata: Schema<KubernetesObject> = kindObject<KubernetesObject>(
  `${meta}.PartialObjectMetadata`,
  "The metadata of an object, whatever its kind.",
  {},
);

/** A change as a watch tells it, in the words of OpenAPI: what the object is depends on the type. */
export const watchEvent: Schema<WatchEvent<Readonly<Record<string, unknown>>>> = object<WatchEvent<Readonly<Record<string, unknown>>>>(
  `${meta}.WatchEvent`,
  "A change that a watch tells.",
  {
    type: text({ field: 1, required: true, doc: "ADDED, MODIFIED, DELETED, BOOKMARK or ERROR." }),
    object: field(jsonObject, { field: 2, required: true, doc: "The object as it is now, as it was when it was deleted, or a Status." }),
  },
);

type Preconditions = NonNullable<DeleteOptions["preconditions"]>;

export const preconditions: Schema<Preconditions> = object<Preconditions>(
  `${meta}.Preconditions`,
  "What must hold of an object for it to be deleted.",
  {
    uid: text({ field: 1, presence: "pointer", doc: "The uid that the object must have." }),
    resourceVersion: text({ field: 2, presence: "pointer", doc: "The resourceVersion that the object must have." }),
  },
);

const dryRun = list(string, { field: 1, listType: "atomic", doc: "`All`: go through every step, but store nothing." });

export const deleteOptions: Schema<DeleteOptions> = object<DeleteOptions>(`${meta}.DeleteOptions`, "How an object is to be deleted.", {
  kind: text({ field: 0, doc: "DeleteOptions." }),
  apiVersion: text({ field: 0, doc: "The API version of the options." }),
  gracePeriodSeconds: integer({
    field: 1,
    bits: 64,
    presence: "pointer",
    doc: "How many seconds the object has to end gracefully; 0 deletes at once. Absent: as its kind has it.",
  }),
  preconditions: struct(preconditions, { field: 2, presence: "pointer", doc: "What must hold for the deletion; otherwise it conflicts." }),
  orphanDependents: flag({
    field: 3,
    presence: "pointer",
    doc: "Superseded by propagationPolicy: whether the dependents are left without an owner.",
  }),
  propagationPolicy: text({
    field: 4,
    presence: "pointer",
    enum: ["Orphan", "Background", "Foreground"],
    doc: "What becomes of the dependents: left alone (Orphan), deleted afterwards (Background) or before (Foreground).",
  }),
  dryRun: { ...dryRun, field: 5 },
  ignoreStoreReadErrorWithClusterBreakingPotential: flag({
    field: 6,
    presence: "pointer",
    doc: "Delete an object that can't be read from the store, without looking at its finalizers. Can break the cluster.",
  }),
});

const fieldManager = text({ field: 3, maxLength: 128, doc: "Who makes the change, as managedFields name it." });
const fieldValidation = text({
  field: 4,
  enum: ["Ignore", "Warn", "Strict"],
  doc: "What becomes of unknown and duplicate fields: Ignore, Warn or Strict.",
});

export const createOptions: Schema<CreateOptions> = object<CreateOptions>(`${meta}.CreateOptions`, "How an object is to be created.", {
  dryRun,
  fieldManager,
  fieldValidation,
});

export const updateOptions: Schema<UpdateOptions> = object<UpdateOptions>(`${meta}.UpdateOptions`, "How an object is to be replaced.", {
  dryRun,
  fieldManager: { ...fieldManager, field: 2 },
  fieldValidation: { ...fieldValidation, field: 3 },
});

export const patchOptions: Schema<PatchOptions> = object<PatchOptions>(`${meta}.PatchOptions`, "How an object is to be patched.", {
  dryRun,
  force: flag({ field: 2, presence: "pointer", doc: "Apply: take over fields that others manage." }),
  fieldManager,
  fieldValidation,
});
