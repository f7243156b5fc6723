import { completeWhenStored, type SharedObjects } from "@kubets/apiserver";
import {
  filled,
  formatMicroTime,
  formatTime,
  type Holes,
  holesOf,
  type Instant,
  type KubernetesObject,
  type ObjectMeta,
  seededRandom,
  uuid,
} from "@kubets/machinery";
import type { SimulatedNodesState } from "@kubets/simulated";
import { decodeImage, encodeImage, type MemoryImage } from "@kubets/store/memory";
import type { SnapshotContent } from "./cluster-snapshot.ts";

/**
 * A cluster that is at rest after its start, but for what chance and time put in. Every cluster with the same options begins as a copy of it,
 * with uids of its seed and its own time: also the first one, so that a seed tells the same story whenever it is told.
 */
export interface ClusterTemplate {
  readonly standIns: readonly StandIn[];
  /** The store's image. */
  readonly image: Uint8Array;
  /** Where in the image stand-ins begin: offsets, each followed by the index of its stand-in. */
  readonly places: readonly number[];
  /** What is in the store, decoded and completed, by key: as far as it has stand-ins for values only. */
  readonly objects: Readonly<Record<string, { readonly object: KubernetesObject; readonly holes?: Holes }>>;
  /** The state of the simulated nodes, as JSON: pieces of text, with the index of a stand-in between two of them. */
  readonly nodes?: { readonly pieces: readonly string[]; readonly between: readonly number[] };
}

/** What a stand-in is: a moment in one of its forms, or one of the cluster's uids, which machines also write without dashes. */
interface StandIn {
  readonly text: string;
  readonly is: Form | { readonly uid: number };
}

type Form = "microTime" | "time" | "date" | "instant";

/** How a moment is written; what begins as another form does, later than that. */
const momentForms: Readonly<Record<Form, (moment: Instant) => string>> = {
  microTime: formatMicroTime,
  time: formatTime,
  date: (moment) => formatTime(moment).slice(0, "2001-02-03".length),
  /** In the state of nodes; the moments of the store's image are moved. */
  instant: String,
};

const forms = Object.keys(momentForms) as readonly Form[];

/** Begins the clusters that templates are made of. Nothing else in them is of that second, or takes as many letters by chance. */
export const templateStart: Instant = Date.UTC(2001, 1, 3, 4, 5, 6) as Instant;
export const templateSeed = 0;

const uidText = /[0-9a-f]{8}(-?)[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{12}/;
// In the order of forms: where one begins as another does, the longer one comes first.
const standInText = new RegExp([...forms.map((form) => momentForms[form](templateStart)), uidText.source].join("|"), "g");
const dashedLength = 36;

/** The template of a cluster that began at {@link templateStart} with {@link templateSeed}, and is at rest. */
export function templateOf({ store, nodes, shared }: SnapshotContent): ClusterTemplate {
  const image = encodeImage(store);
  const found = [...Buffer.from(image).toString("latin1").matchAll(standInText)];
  const texts = new Set(found.map(([text]) => text));
  const uids = [...texts].filter(({ length }) => length === dashedLength);
  const standIns: readonly StandIn[] = [
    ...forms.map((form) => ({ text: momentForms[form](templateStart), is: form })),
    ...uids.map((text, uid) => ({ text, is: { uid } })),
    ...uids.map((text, uid) => ({ text: text.replaceAll("-", ""), is: { uid } })).filter(({ text }) => texts.has(text)),
  ];
  const indices = new Map<unknown, number>(standIns.map(({ text }, index) => [text, index]));
  const objects = [...decodedObjects(shared)].flatMap(([key, object]) => {
    let values = 0;
    const holes = holesOf(object, (leaf) => {
      const index = indices.get(leaf);
      if (index !== undefined) values++;
      return index;
    });
    const isAll = [...JSON.stringify(object).matchAll(standInText)].filter(([text]) => indices.has(text)).length === values;
    return isAll ? [[key, { object, ...(holes === undefined ? {} : { holes }) }] as const] : [];
  });
  return {
    standIns,
    image,
    places: found.flatMap(({ 0: text, index }) => (indices.has(text) ? [index, indices.get(text)!] : [])),
    objects: Object.fromEntries(objects),
    ...(nodes === undefined ? {} : { nodes: piecesOf(JSON.stringify(nodes), indices) }),
  };
}

/** A cluster like the template's, as it is with this seed at this time. */
export function contentFrom(template: ClusterTemplate, { seed, now }: { readonly seed: number; readonly now: Instant }): SnapshotContent {
  const { standIns, objects, nodes } = template;
  const random = seededRandom(seed);
  const uids: string[] = [];
  const fillings = standIns.map(({ text, is }) => {
    if (typeof is === "string") return momentForms[is](now);
    const uid = (uids[is.uid] ??= uuid(random));
    return text.length === dashedLength ? uid : uid.replaceAll("-", "");
  });
  const store = moved(decodeImage(filledImage(template, fillings)), now - templateStart);
  store.present.visit(
    () => false,
    (key, { entry }) => {
      const known = objects[key];
      if (entry !== undefined && known !== undefined) completeWhenStored(entry.value, filled(known.object, known.holes, fillings));
      return true;
    },
  );
  return { store, random: random.state(), seed, now, isNew: true, ...(nodes === undefined ? {} : { nodes: filledNodes(nodes, fillings) }) };
}

function piecesOf(text: string, indices: ReadonlyMap<unknown, number>): ClusterTemplate["nodes"] & {} {
  const found = [...text.matchAll(standInText)].filter(([standIn]) => indices.has(standIn));
  const ends = found.map(({ 0: standIn, index }) => index + standIn.length);
  return {
    pieces: [...found.map(({ index }, place) => text.slice(ends[place - 1] ?? 0, index)), text.slice(ends.at(-1) ?? 0)],
    between: found.map(([standIn]) => indices.get(standIn)!),
  };
}

function filledNodes({ pieces, between }: ClusterTemplate["nodes"] & {}, fillings: readonly string[]): SimulatedNodesState {
  return JSON.parse(
    pieces.map((piece, place) => (place === 0 ? piece : fillings[between[place - 1]!]! + piece)).join(""),
  ) as SimulatedNodesState;
}

/** What takes the place of a stand-in is as long as it is. */
function filledImage({ image, places }: ClusterTemplate, fillings: readonly string[]): Uint8Array {
  const bytes = Buffer.from(image);
  for (let at = 0; at < places.length; at += 2) bytes.write(fillings[places[at + 1]!]!, places[at]!, "latin1");
  return bytes;
}

/** The same so many milliseconds later. */
function moved(image: MemoryImage, by: number): MemoryImage {
  const later = <Due extends { readonly due: Instant }>(each: Due): Due => ({ ...each, due: (each.due + by) as Instant });
  return {
    ...image,
    forgetting: new Map([...image.forgetting].map(([retention, queue]) => [retention, queue.map(later)])),
    expiring: image.expiring.map(later),
  };
}

/** What a cluster has decoded, as its store has it: without revisions. */
function* decodedObjects(shared: SharedObjects | undefined): Iterable<readonly [key: string, object: KubernetesObject]> {
  for (const objects of shared?.kinds.values() ?? []) {
    for (const { key, object } of objects.values("")) {
      const { resourceVersion: _resourceVersion, ...metadata } = object.metadata;
      yield [key, { ...object, metadata: metadata as ObjectMeta }];
    }
  }
}

// The file: a line that says what it is, a line of JSON, then the store's image.
const title = "kubets cluster template 1";

/** The template as bytes. */
export function encodeTemplate({ image, ...others }: ClusterTemplate): Uint8Array {
  return Buffer.concat([Buffer.from(`${title}\n${JSON.stringify(others)}\n`), image]);
}

/** What {@link encodeTemplate} wrote. */
export function decodeTemplate(file: Buffer): ClusterTemplate {
  const begin = file.indexOf("\n") + 1;
  const end = file.indexOf("\n", begin);
  if (file.toString("latin1", 0, begin - 1) !== title || end < 0)
    throw new Error("Cannot begin from the template of a cluster: it is another file");
  return { ...(JSON.parse(file.toString("utf8", begin, end)) as Omit<ClusterTemplate, "image">), image: file.subarray(end + 1) };
}
