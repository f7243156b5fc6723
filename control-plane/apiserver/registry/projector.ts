import { apiVersionOf, type Instant, type Kind, type KubernetesObject, listKindOf, type ListMeta } from "@kubets/machinery";
import type { Projection } from "../request/content.ts";
import { columnDefinitionsOf, type IncludeObject, rowOf, type RowOptions } from "../table/table.ts";
import { type CachedObject, partialObjectMetadata, storedFormOf } from "../watch-cache/cached-object.ts";

/** How objects of one kind are shown in one answer: as bytes for the wire, as values for readers in the same process. */
export interface Projector {
  /** The object by itself, or as the object of a watch event; `isFirst`: of the answer. */
  bytes(object: CachedObject, isFirst: boolean): Uint8Array;
  value(object: CachedObject, isFirst: boolean): unknown;
  /** What of the object stands in a list, but for its first characters, {@link itemHead}: so nothing has to be copied. */
  itemBytes(object: CachedObject): Uint8Array;
  readonly itemHead: string;
  itemValue(object: CachedObject): unknown;
  /** The list without its items: JSON up to and including the bracket that opens them. */
  listHead(metadata: ListMeta): string;
  listValue(metadata: ListMeta, items: readonly unknown[]): unknown;
}

const encoder = new TextEncoder();

/** Objects as they are. */
function fullProjector(kind: Kind): Projector {
  const { typeLength } = storedFormOf(kind);
  const listKind = listKindOf(kind);
  const type = `{"kind":"${listKind}","apiVersion":"${apiVersionOf(kind)}"`;
  return {
    bytes: ({ bytes }) => bytes,
    value: ({ object }) => object,
    // `{"kind":"K","apiVersion":"V","metadata":…` becomes `{"metadata":…`: the list says what its items are.
    // Those of a kind that was declared at run time say it themselves.
    ...(kind.values === undefined
      ? { itemHead: "{", itemBytes: ({ bytes }) => bytes.subarray(typeLength + 1) }
      : { itemHead: "", itemBytes: ({ bytes }) => bytes }),
    itemValue: ({ object }) => object,
    listHead: (metadata) => `${type},"metadata":${JSON.stringify(metadata)},"items":[`,
    listValue: (metadata, items) => ({ kind: listKind, apiVersion: apiVersionOf(kind), metadata, items }),
  };
}

function metadataProjector(version: "v1" | "v1beta1"): Projector {
  const apiVersion = `meta.k8s.io/${version}`;
  const before = encoder.encode(`{"kind":"PartialObjectMetadata","apiVersion":"${apiVersion}","metadata":`);
  const bytes = ({ metadataBytes }: CachedObject): Uint8Array => {
    const whole = new Uint8Array(before.length + metadataBytes.length + 1);
    whole.set(before, 0);
    whole.set(metadataBytes, before.length);
    whole[whole.length - 1] = 0x7d;
    return whole;
  };
  const value = ({ object }: CachedObject): KubernetesObject => partialObjectMetadata(object, version);
  return {
    bytes,
    value,
    itemHead: "",
    itemBytes: bytes,
    itemValue: value,
    listHead: (metadata) =>
      `{"kind":"PartialObjectMetadataList","apiVersion":"${apiVersion}","metadata":${JSON.stringify(metadata)},"items":[`,
    listValue: (metadata, items) => ({ kind: "PartialObjectMetadataList", apiVersion, metadata, items }),
  };
}

interface TableOptions extends Omit<RowOptions, "now"> {
  readonly now: () => Instant;
}

function tableProjector(kind: Kind, options: TableOptions): Projector {
  const apiVersion = `meta.k8s.io/${options.version}`;
  const row = ({ object }: CachedObject): unknown => rowOf(kind, object, { ...options, now: options.now() });
  const table = (metadata: ListMeta, columnDefinitions: readonly unknown[] | null, rows: readonly unknown[]): unknown => ({
    kind: "Table",
    apiVersion,
    metadata,
    columnDefinitions,
    rows,
  });
  const single = (object: CachedObject, isFirst: boolean): unknown => {
    // A bookmark is no object of the kind: its row has nothing to print.
    const only = object.key === "" ? { cells: [], object: partialObjectMetadata(object.object, options.version) } : row(object);
    return table({ resourceVersion: String(object.revision) }, isFirst ? columnDefinitionsOf(kind) : null, [only]);
  };
  return {
    bytes: (object, isFirst) => encoder.encode(JSON.stringify(single(object, isFirst))),
    value: single,
    itemHead: "",
    itemBytes: (object) => encoder.encode(JSON.stringify(row(object))),
    itemValue: row,
    listHead: (metadata) =>
      `{"kind":"Table","apiVersion":"${apiVersion}","metadata":${JSON.stringify(metadata)},"columnDefinitions":${JSON.stringify(columnDefinitionsOf(kind))},"rows":[`,
    listValue: (metadata, rows) => table(metadata, columnDefinitionsOf(kind), rows),
  };
}

// Projections that depend on nothing but the kind are made once, so that watchers can share what was encoded for them.
const fullProjectors = new WeakMap<Kind, Projector>();
const metadataProjectors = { v1: metadataProjector("v1"), v1beta1: metadataProjector("v1beta1") } as const;

export function projectorOf(
  kind: Kind,
  projection: Projection,
  { now, include }: { readonly now: () => Instant; readonly include: IncludeObject },
): Projector {
  switch (projection.form) {
    case "full": {
      const known = fullProjectors.get(kind) ?? fullProjector(kind);
      fullProjectors.set(kind, known);
      return known;
    }
    case "metadata":
      return metadataProjectors[projection.version];
    case "Table":
      return tableProjector(kind, { now, include, version: projection.version });
  }
}
