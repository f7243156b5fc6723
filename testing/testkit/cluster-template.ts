import type { SharedObjects } from "@kubets/apiserver";
import {
  type Cause,
  deepFreeze,
  filled,
  formatMicroTime,
  formatTime,
  type Holes,
  holesOf,
  type Instant,
  type KubernetesObject,
  seededRandom,
  uuids,
} from "@kubets/machinery";
import type { SimulatedNodesState } from "@kubets/simulated";
import type { Entry, Revision } from "@kubets/store";
import { decodeImage, encodeImage, imageLike, type MemoryImage, type Version, versionsOf } from "@kubets/store/memory";
import type { SnapshotContent } from "./cluster-snapshot.ts";

/**
 * A cluster that is at rest after its start, but for what chance and time put in. Every cluster with the same options begins as a copy of it,
 * with uids of its seed and its own time: also the first one, so that a seed tells the same story whenever it is told.
 */
export interface ClusterTemplate {
  readonly standIns: readonly StandIn[];
  /** What is in the store, with stand-ins. */
  readonly store: MemoryImage;
  /** Where they are, by revision. */
  readonly versions: Readonly<Record<number, VersionPlaces>>;
  /** The objects of the store as they are read, by key: as far as they have stand-ins for values only. */
  readonly objects: Readonly<Record<string, { readonly object: KubernetesObject; readonly holes?: Holes }>>;
  /** The state of the simulated nodes, as JSON: pieces of text, with the index of a stand-in between two of them. */
  readonly nodes?: { readonly pieces: readonly string[]; readonly between: readonly number[] };
}

interface VersionPlaces {
  /** Where in the value stand-ins begin: offsets, each followed by the index of its stand-in. */
  readonly places: readonly number[];
  /** Where in the cause. */
  readonly holes?: Holes;
}

/** What stand-ins are filled with, and where. */
interface Filling {
  readonly places: readonly number[];
  readonly fillings: readonly string[];
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
  const found = [...latin1(encodeImage(store)).matchAll(standInText)];
  const texts = new Set(found.map(([text]) => text));
  const uids = [...texts].filter(({ length }) => length === dashedLength);
  const standIns: readonly StandIn[] = [
    ...forms.map((form) => ({ text: momentForms[form](templateStart), is: form })),
    ...uids.map((text, uid) => ({ text, is: { uid } })),
    ...uids.map((text, uid) => ({ text: text.replaceAll("-", ""), is: { uid } })).filter(({ text }) => texts.has(text)),
  ];
  const indices = new Map<unknown, number>(standIns.map(({ text }, index) => [text, index]));
  const indexOf = (leaf: string): number | undefined => indices.get(leaf);
  return {
    standIns,
    store,
    versions: Object.fromEntries(versionsOf(store).map((version) => [version.revision, placesIn(version, indexOf)])),
    objects: Object.fromEntries(
      [...decodedObjects(shared)].flatMap(([key, object]) => {
        let values = 0;
        const holes = holesOf(object, (leaf) => {
          const index = indexOf(leaf);
          if (index !== undefined) values++;
          return index;
        });
        const isAll = standInsIn(JSON.stringify(object), indexOf).length === values;
        return isAll ? [[key, { object, ...(holes === undefined ? {} : { holes }) }] as const] : [];
      }),
    ),
    ...(nodes === undefined ? {} : { nodes: piecesOf(JSON.stringify(nodes), indexOf) }),
  };
}

/** A cluster like the template's, as it is with this seed at this time. What it holds is filled when it is asked for. */
export function contentFrom(template: ClusterTemplate, { seed, now }: { readonly seed: number; readonly now: Instant }): SnapshotContent {
  const { standIns, versions, objects, nodes } = template;
  const random = seededRandom(seed);
  const uids = uuids(random, standIns.filter(({ is, text }) => typeof is !== "string" && text.length === dashedLength).length);
  const fillings = standIns.map(({ text, is }) => {
    if (typeof is === "string") return momentForms[is](now);
    const uid = uids[is.uid]!;
    return text.length === dashedLength ? uid : uid.replaceAll("-", "");
  });
  const store = imageLike(template.store, {
    later: now - templateStart,
    versionOf({ revision, entry, cause: written }) {
      const { places, holes } = versions[revision]!;
      const cause = filled(written, holes, fillings);
      return { cause, entry: entry === undefined ? undefined : new FilledEntry(entry, cause, { places, fillings }) };
    },
  });
  const decoded = (key: string): KubernetesObject | undefined => {
    const known = objects[key];
    return known === undefined ? undefined : filled(deepFreeze(known.object), known.holes, fillings);
  };
  return {
    store,
    decoded,
    random: random.state(),
    seed,
    now,
    isNew: true,
    ...(nodes === undefined ? {} : { nodes: filledNodes(nodes, fillings) }),
  };
}

/** An entry of a cluster's store as the template has it, with the stand-ins in its value filled when somebody reads it. */
class FilledEntry implements Entry {
  readonly key: string;
  readonly revision: Revision;
  readonly created: Revision;
  readonly cause: Cause;
  #value: Uint8Array | undefined;
  readonly #template: Uint8Array;
  readonly #filling: Filling;

  constructor({ key, value, revision, created }: Entry, cause: Cause, filling: Filling) {
    this.key = key;
    this.revision = revision;
    this.created = created;
    this.cause = cause;
    this.#template = value;
    this.#filling = filling;
  }

  get value(): Uint8Array {
    return (this.#value ??= filledBytes(this.#template, this.#filling));
  }
}

/** What takes the place of a stand-in is as long as it is. */
function filledBytes(template: Uint8Array, { places, fillings }: Filling): Uint8Array {
  if (places.length === 0) return template;
  const bytes = Uint8Array.from(template);
  const view = Buffer.from(bytes.buffer);
  for (let at = 0; at < places.length; at += 2) view.write(fillings[places[at + 1]!]!, places[at]!, "latin1");
  return bytes;
}

/** Where stand-ins are in what a write made of a key. */
function placesIn({ key, entry, cause }: Version, indexOf: (text: string) => number | undefined): VersionPlaces {
  if (standInsIn(key, indexOf).length > 0) throw new Error(`Cannot make a template of a cluster: chance or time decided the key ${key}`);
  const value = entry === undefined ? [] : standInsIn(latin1(entry.value), indexOf);
  const holes = holesOf(cause, indexOf);
  return {
    places: value.flatMap(({ at, standIn }) => [at, standIn]),
    ...(holes === undefined ? {} : { holes }),
  };
}

/** Stand-ins in a text, and where they begin. */
function standInsIn(
  text: string,
  indexOf: (text: string) => number | undefined,
): readonly { readonly at: number; readonly end: number; readonly standIn: number }[] {
  return [...text.matchAll(standInText)].flatMap(({ 0: found, index }) => {
    const standIn = indexOf(found);
    return standIn === undefined ? [] : [{ at: index, end: index + found.length, standIn }];
  });
}

/** A letter for each byte. */
function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

function piecesOf(text: string, indexOf: (text: string) => number | undefined): ClusterTemplate["nodes"] & {} {
  const found = standInsIn(text, indexOf);
  return {
    pieces: [...found.map(({ at }, place) => text.slice(found[place - 1]?.end ?? 0, at)), text.slice(found.at(-1)?.end ?? 0)],
    between: found.map(({ standIn }) => standIn),
  };
}

function filledNodes({ pieces, between }: ClusterTemplate["nodes"] & {}, fillings: readonly string[]): SimulatedNodesState {
  return JSON.parse(
    pieces.map((piece, place) => (place === 0 ? piece : fillings[between[place - 1]!]! + piece)).join(""),
  ) as SimulatedNodesState;
}

/** What a cluster has decoded, by key: as it is read. */
function* decodedObjects(shared: SharedObjects | undefined): Iterable<readonly [key: string, object: KubernetesObject]> {
  for (const objects of shared?.kinds.values() ?? []) for (const { key, object } of objects.values("")) yield [key, object];
}

// The file: a line that says what it is, a line of JSON, then the store's image.
const title = "kubets cluster template 1";

/** The template as bytes. */
export function encodeTemplate({ store, ...others }: ClusterTemplate): Uint8Array {
  return Buffer.concat([Buffer.from(`${title}\n${JSON.stringify(others)}\n`), encodeImage(store)]);
}

/** What {@link encodeTemplate} wrote. */
export function decodeTemplate(file: Buffer): ClusterTemplate {
  const begin = file.indexOf("\n") + 1;
  const end = file.indexOf("\n", begin);
  if (file.toString("latin1", 0, begin - 1) !== title || end < 0)
    throw new Error("Cannot begin from the template of a cluster: it is another file");
  const others = JSON.parse(file.toString("utf8", begin, end)) as Omit<ClusterTemplate, "store">;
  return { ...others, store: decodeImage(file.subarray(end + 1)) };
}
