import type {
  Condition,
  LabelSelector,
  LabelSelectorRequirement,
  ListMeta,
  ManagedFieldsEntry,
  ObjectMeta,
  OwnerReference,
  TemplateMeta,
} from "./meta.ts";
import { type Field, field, fieldsV1, flag, integer, list, map, object, type Schema, string, struct, text, time } from "./schema.ts";

// The schemas of the types in meta.ts. `kind` and `apiVersion` have no number: in protobuf they stand in the envelope
// (`runtime.Unknown`), not in the message. Their entries say `field: 0`. What `validateObjectMeta` and `validateLabelSelector` look
// at with texts of their own is `mayBeEmpty` here, or it would be complained of twice.

const meta = "io.k8s.apimachinery.pkg.apis.meta.v1";

export const ownerReference: Schema<OwnerReference> = object<OwnerReference>(
  `${meta}.OwnerReference`,
  "The object that owns another, in the same namespace or of cluster scope. When all owners are gone, the garbage collector deletes the owned object.",
  {
    apiVersion: text({ field: 5, required: true, mayBeEmpty: true, doc: "The API group and version of the owner." }),
    kind: text({ field: 1, required: true, mayBeEmpty: true, doc: "The kind of the owner." }),
    name: text({ field: 3, required: true, mayBeEmpty: true, doc: "The name of the owner." }),
    uid: text({
      field: 4,
      required: true,
      mayBeEmpty: true,
      doc: "The uid of the owner; an object of the same name and another uid is not the owner.",
    }),
    controller: flag({
      field: 6,
      presence: "pointer",
      doc: "Whether the owner is the controller that manages the object; at most one is.",
    }),
    blockOwnerDeletion: flag({
      field: 7,
      presence: "pointer",
      doc: "Whether a foreground deletion of the owner waits until this object is gone. Setting it needs the right to update the owner's finalizers.",
    }),
  },
  { atomic: true },
);

export const managedFieldsEntry: Schema<ManagedFieldsEntry> = object<ManagedFieldsEntry>(
  `${meta}.ManagedFieldsEntry`,
  "The fields that one manager set by one kind of operation in one API version.",
  {
    manager: text({ field: 1, doc: "The name of the manager." }),
    operation: text<NonNullable<ManagedFieldsEntry["operation"]>>({ field: 2, doc: "How the fields were set: Apply or Update." }),
    apiVersion: text({ field: 3, doc: "The API version in which the fields are named." }),
    time: field(time, { field: 4, presence: "pointer", doc: "When the entry was added or its fields last changed." }),
    fieldsType: text({ field: 6, doc: "The format of the set of fields; always FieldsV1." }),
    fieldsV1: field(fieldsV1, { field: 7, presence: "pointer", doc: "The set of fields, as a tree." }),
    subresource: text({ field: 8, doc: "The subresource through which the fields were set; empty for the object itself." }),
  },
);

/**
 * The entry of a field that the server fills in at creation: present in every object read, though clients need not send it and
 * OpenAPI does not call it required. No default stands for it in a draft or a template.
 */
export function assigned<T>(entry: Field<T, false>): Field<T, true> {
  return entry as unknown as Field<T, true>;
}

export const objectMeta: Schema<ObjectMeta> = object<ObjectMeta>(
  `${meta}.ObjectMeta`,
  "What every stored object carries beside the fields of its kind.",
  {
    name: assigned(text({ field: 1, doc: "The name, unique among the objects of its kind in the namespace. It never changes." })),
    generateName: text({
      field: 2,
      doc: "A prefix to which the server adds random characters to make the name, when no name is given.",
    }),
    namespace: text({ field: 3, doc: "The namespace in which the name is unique; absent on objects of cluster scope. It never changes." }),
    selfLink: text({ field: 4, doc: "No longer filled in." }),
    uid: assigned(
      text({ field: 5, doc: "Identifies the object for all time: the next object of the same name has another. Set by the server." }),
    ),
    resourceVersion: assigned(
      text({
        field: 6,
        doc: "The revision of the object. Clients only compare it and send it back, to notice changes by others and to watch from it.",
      }),
    ),
    generation: integer({ field: 7, bits: 64, doc: "Counted up by the server with every change of the desired state." }),
    creationTimestamp: assigned(field(time, { field: 8, doc: "When the object was created. Set by the server." })),
    deletionTimestamp: field(time, {
      field: 9,
      presence: "pointer",
      doc: "When the object is to be deleted; set by the server on a graceful deletion. The object goes once the time is over and no finalizer is left.",
    }),
    deletionGracePeriodSeconds: integer({
      field: 10,
      bits: 64,
      presence: "pointer",
      doc: "How many seconds the object has to end gracefully. Set with deletionTimestamp; may only be shortened.",
    }),
    labels: map(string, { field: 11, doc: "Keys and values by which objects are grouped and selected." }),
    annotations: map(string, { field: 12, doc: "Keys and values that tools keep with the object; they can't be selected by." }),
    ownerReferences: list(ownerReference, {
      field: 13,
      listType: "map",
      mapKeys: ["uid"],
      patchStrategy: "merge",
      mergeKey: "uid",
      doc: "The owners: when all of them are gone, this object is deleted. At most one of them is the controller.",
    }),
    finalizers: list(string, {
      field: 14,
      listType: "set",
      patchStrategy: "merge",
      doc: "Who must finish work before the object goes. Each removes its own entry; the object is deleted when none is left.",
    }),
    managedFields: list(managedFieldsEntry, {
      field: 17,
      listType: "atomic",
      doc: "Who manages which fields, kept by the server for apply.",
    }),
  },
);

/** {@link objectMeta} of an object that does not exist yet, such as a Pod template: every field may be absent. */
export const templateMeta: Schema<TemplateMeta> = { node: objectMeta.node };

const shardInfo: Schema<{ readonly selector: string }> = object<{ readonly selector: string }>(
  `${meta}.ShardInfo`,
  "Which part of a collection a list holds.",
  { selector: text({ field: 1, required: true, doc: "The shard selector that the list was asked with." }) },
);

export const listMeta: Schema<ListMeta> = object<ListMeta>(`${meta}.ListMeta`, "What a list carries beside its items.", {
  selfLink: text({ field: 1, doc: "No longer filled in." }),
  resourceVersion: text({ field: 2, doc: "The revision at which the list was read; a watch from it misses nothing." }),
  continue: text({ field: 3, doc: "Asks for the next part of a limited list, at the same revision. Empty in the last part." }),
  remainingItemCount: integer({ field: 4, bits: 64, presence: "pointer", doc: "How many items follow in later parts, where it is known." }),
  shardInfo: struct(shardInfo, { field: 5, presence: "pointer", doc: "Which part of the collection this is, when a part was asked for." }),
});

export const labelSelectorRequirement: Schema<LabelSelectorRequirement> = object<LabelSelectorRequirement>(
  `${meta}.LabelSelectorRequirement`,
  "One condition on the label of one key.",
  {
    key: text({ field: 1, required: true, mayBeEmpty: true, doc: "The key of the label." }),
    operator: text<LabelSelectorRequirement["operator"], undefined, true>({
      field: 2,
      required: true,
      mayBeEmpty: true,
      doc: "How the label relates to the values: In, NotIn, Exists or DoesNotExist.",
    }),
    values: list(string, { field: 3, listType: "atomic", doc: "The values for In and NotIn; none for Exists and DoesNotExist." }),
  },
);

export const labelSelector: Schema<LabelSelector> = object<LabelSelector>(
  `${meta}.LabelSelector`,
  "Selects objects by their labels: all conditions must hold. An empty selector selects everything, an absent one nothing.",
  {
    matchLabels: map(string, { field: 1, doc: "Labels that must be there with these values." }),
    matchExpressions: list(labelSelectorRequirement, { field: 2, listType: "atomic", doc: "Further conditions, all of which must hold." }),
  },
  { atomic: true },
);

export const condition: Schema<Condition> = object<Condition>(`${meta}.Condition`, "One aspect of an object's state.", {
  type: text({ field: 1, required: true, doc: "What the condition is about, in CamelCase, perhaps with a domain before it." }),
  status: text({ field: 2, required: true, enum: ["True", "False", "Unknown"], doc: "Whether it holds: True, False or Unknown." }),
  observedGeneration: integer({ field: 3, bits: 64, minimum: 0, doc: "The generation of the object that the condition was told from." }),
  lastTransitionTime: field(time, { field: 4, required: true, doc: "When the status last changed." }),
  reason: text({ field: 5, required: true, maxLength: 1024, doc: "Why the status last changed, as one CamelCase word." }),
  message: text({ field: 6, required: true, mayBeEmpty: true, maxLength: 32768, doc: "Why, as a sentence for people; may be empty." }),
});
