import type { Kind, KubernetesObject, ObjectMeta, Status } from "@kubets/machinery";
import { apiVersionOf, completeAsKind, deepFreeze, encodeAsKind } from "@kubets/machinery";
import { storedBytes } from "./stored-bytes.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What the store holds of an object: an entry of the store, whose value may be made when it is asked for. */
export interface StoredValue {
  readonly value: Uint8Array;
}

/**
 * One object at one revision: its bytes with the resourceVersion in them, and the decoded form, made at most once and shared
 * by all readers of the process (law 7).
 */
export class CachedObject<T extends KubernetesObject = KubernetesObject> {
  readonly key: string;
  readonly revision: number;
  /** How the bytes are laid out. */
  readonly form: StoredForm;
  #bytes: Uint8Array | BytesToCome;
  #object: T | undefined;
  #written: KubernetesObject | undefined;
  #isComplete = false;
  #metadata: Uint8Array | undefined;

  /** `written` is what `bytes` were made from, so that they need not be decoded while it is at hand. */
  constructor(key: string, revision: number, bytes: Uint8Array | BytesToCome, form: StoredForm, written?: KubernetesObject) {
    this.key = key;
    this.revision = revision;
    this.#bytes = bytes;
    this.form = form;
    this.#written = written;
  }

  /** An object as the store has it, with its revision put into its bytes. */
  static stored(key: string, revision: number, stored: Uint8Array, form: StoredForm): CachedObject {
    const answered = answeredWith.get(stored);
    if (answered?.revision === revision && answered.key === key && answered.form === form) return answered;
    const written = writtenAs.get(stored);
    const known = written ?? completeAs.get(stored);
    const object = known === undefined ? undefined : withRevision(known, revision);
    const cached = new CachedObject(key, revision, new Spliced(stored, form, revision), form, object);
    if (object !== undefined && written === undefined) cached.#isComplete = true;
    if (object !== undefined) answeredWith.set(stored, cached);
    return cached;
  }

  /** One that is known as it is read, deep-frozen and with this revision, before anybody has looked at what is stored. */
  static known(key: string, revision: number, stored: StoredValue, form: StoredForm, object: KubernetesObject): CachedObject {
    const cached = new CachedObject(key, revision, new Spliced(stored, form, revision), form);
    cached.#object = object;
    return cached;
  }

  /** The same for a cache, where objects stay. */
  static kept(key: string, revision: number, stored: Uint8Array, form: StoredForm): CachedObject {
    const object = CachedObject.stored(key, revision, stored, form);
    // The store may keep its bytes for long, and the cache the object.
    writtenAs.delete(stored);
    completeAs.delete(stored);
    answeredWith.delete(stored);
    if (object.#written !== undefined) CachedObject.#forgetLater(object);
    return object;
  }

  /** Objects that nobody in the process has read yet, newest last; where nobody ever does, what was written must not be kept. */
  static readonly #unread: (CachedObject | undefined)[] = Array.from({ length: 256 });
  static #next = 0;

  static #forgetLater(object: CachedObject): void {
    const oldest = CachedObject.#unread[CachedObject.#next];
    if (oldest !== undefined) oldest.#written = undefined;
    CachedObject.#unread[CachedObject.#next] = object;
    CachedObject.#next = (CachedObject.#next + 1) % CachedObject.#unread.length;
  }

  /** The whole object as JSON, with its resourceVersion: made when somebody asks, since readers in the process never do. */
  get bytes(): Uint8Array {
    return (this.#bytes = this.#bytes instanceof Uint8Array ? this.#bytes : this.#bytes.make());
  }

  /** How long {@link bytes} are. */
  get size(): number {
    return this.#bytes.length;
  }

  /** Whether these bytes, which carry no revision, say the same. */
  isStoredAs(stored: Uint8Array): boolean {
    const { metadataOffset } = this.form;
    const field = this.#bytes instanceof Spliced ? 0 : revisionLength(this.revision);
    const bytes = this.#bytes instanceof Spliced ? this.#bytes.stored : this.bytes;
    if (bytes.length !== stored.length + field) return false;
    for (let index = 0; index < metadataOffset; index++) if (stored[index] !== bytes[index]) return false;
    for (let index = metadataOffset; index < stored.length; index++) if (stored[index] !== bytes[index + field]) return false;
    return true;
  }

  /** The same object at another revision: what a deletion event shows. */
  at(revision: number): CachedObject<T> {
    const { key, form } = this;
    const moved = new CachedObject<T>(key, revision, new Moved(this, revision), form);
    // What is known of the object need not be read from its bytes again.
    const known = this.#object;
    if (known === undefined) return moved;
    moved.#written = { ...known, metadata: { ...known.metadata, resourceVersion: String(revision) } };
    moved.#isComplete = true;
    return moved;
  }

  /** The object as read: with the defaults that its bytes leave out. Deep-frozen. */
  get object(): T {
    if (this.#object === undefined) {
      const known = this.#written as T | undefined;
      this.#object = deepFreeze(known !== undefined && this.#isComplete ? known : (this.form.complete(known ?? this.#parsed()) as T));
      this.#written = undefined;
    }
    return this.#object;
  }

  /** The object as it is written: what patches apply to. What is written as it is read is that of {@link object}, so comparing the two is cheap. */
  get plain(): T {
    return this.form.encode === undefined ? this.#parsed() : (this.form.encode(this.object) as T);
  }

  #parsed(): T {
    return JSON.parse(decoder.decode(this.bytes)) as T;
  }

  /** The object's metadata alone, as JSON, encoded once. */
  get metadataBytes(): Uint8Array {
    return (this.#metadata ??= encoder.encode(JSON.stringify(this.object.metadata)));
  }
}

/** A Status in the place of an object, as the last event of a watch. */
export function statusObject(status: Status): CachedObject {
  return new CachedObject("", 0, encoder.encode(JSON.stringify(status)), statusForm);
}

/** The projection `as=PartialObjectMetadata`. */
export function partialObjectMetadata({ metadata }: KubernetesObject, version: "v1" | "v1beta1"): KubernetesObject {
  return { kind: "PartialObjectMetadata", apiVersion: `meta.k8s.io/${version}`, metadata };
}

/**
 * Where the resourceVersion goes: right after `{"kind":"K","apiVersion":"V","metadata":{`, with which all stored bytes of a kind
 * begin. The bytes in the store carry none, because it isn't known before the commit.
 */
export interface StoredForm {
  /** How many bytes precede the resourceVersion. */
  readonly metadataOffset: number;
  /** These bytes, and the field's name and first quote. */
  readonly revisionHead: Uint8Array;
  /** How many bytes precede the comma before `"metadata"`: what an item of a list leaves out. */
  readonly typeLength: number;
  /** Fills in the defaults that written objects leave out. */
  readonly complete: (object: KubernetesObject) => KubernetesObject;
  /** Leaves out again what {@link complete} fills in; absent where only the bytes tell what was written. */
  readonly encode?: (object: KubernetesObject) => KubernetesObject;
}

// A Status is never stored.
const statusForm: StoredForm = { metadataOffset: 0, revisionHead: new Uint8Array(), typeLength: 0, complete: (object) => object };

const forms = new WeakMap<Kind, StoredForm>();

export function storedFormOf(kind: Kind): StoredForm {
  let form = forms.get(kind);
  if (form === undefined) forms.set(kind, (form = makeForm(kind)));
  return form;
}

function makeForm(kind: Kind): StoredForm {
  const type = `{"kind":"${kind.kind}","apiVersion":"${apiVersionOf(kind)}"`;
  return {
    metadataOffset: `${type},"metadata":{`.length,
    revisionHead: encoder.encode(`${type},"metadata":{"resourceVersion":"`),
    typeLength: type.length,
    complete: (object) => completeAsKind(kind, object),
    ...(kind.values === undefined ? { encode: (object) => encodeAsKind(kind, object) } : {}),
  };
}

/**
 * What bytes say that are on their way through the store: most objects are read by someone in the process right after they were
 * written.
 */
const writtenAs = new WeakMap<Uint8Array, KubernetesObject>();

/** The same for bytes whose object is known with all its defaults. */
const completeAs = new WeakMap<Uint8Array, KubernetesObject>();

/** With what a writer was answered before the cache had it: it becomes the cache's own, so that all share one. */
const answeredWith = new WeakMap<Uint8Array, CachedObject>();

/** Says what stored bytes are decoded and completed to, so that nobody needs to; `object` carries no resourceVersion. */
export function completeWhenStored(stored: Uint8Array, object: KubernetesObject): void {
  completeAs.set(stored, object);
}

/** With the revision where {@link spliceRevision} puts it. */
function withRevision(written: KubernetesObject, revision: number): KubernetesObject {
  const metadata: Omit<ObjectMeta, "resourceVersion"> = written.metadata;
  return { ...written, metadata: { resourceVersion: String(revision), ...metadata } };
}

/** The stored bytes of an object: as upstream would write it, but without resourceVersion. */
export function encodeStored(kind: Kind, object: KubernetesObject): Uint8Array {
  const written = asStored(kind, encodeAsKind(kind, object));
  const bytes = storedBytes(kind, written);
  writtenAs.set(bytes, written);
  return bytes;
}

/** Begins with what it is and its metadata, which hold no resourceVersion. */
function asStored(kind: Kind, encoded: KubernetesObject): KubernetesObject {
  const apiVersion = apiVersionOf(kind);
  const { metadata } = encoded;
  const isAsStored =
    // The schema has these fields first, and the encoder writes fields in the order of the schema.
    kind.values === undefined && encoded.kind === kind.kind && encoded.apiVersion === apiVersion && metadata.resourceVersion === undefined;
  if (isAsStored) return encoded;
  const { kind: _kind, apiVersion: _apiVersion, metadata: _metadata, ...rest } = encoded;
  const { resourceVersion: _resourceVersion, ...meta } = metadata;
  return { kind: kind.kind, apiVersion, metadata: meta, ...rest } as KubernetesObject;
}

/** Writes the revision into stored bytes. */
export function spliceRevision(stored: Uint8Array, { metadataOffset, revisionHead }: StoredForm, revision: number): Uint8Array {
  const length = revisionLength(revision);
  const bytes = new Uint8Array(stored.length + length);
  bytes.set(stored, length);
  // The same in all objects of the kind; what lies there now comes before the revision as well.
  bytes.set(revisionHead);
  const digits = String(revision);
  for (let index = 0; index < digits.length; index++) bytes[revisionHead.length + index] = digits.charCodeAt(index);
  bytes[metadataOffset + length - 2] = quote;
  bytes[metadataOffset + length - 1] = comma;
  return bytes;
}

const quote = 0x22;
const comma = 0x2c;

/** Bytes that are made when somebody asks for them. */
interface BytesToCome {
  readonly length: number;
  make(): Uint8Array;
}

/** Stored bytes with the revision in them. */
class Spliced implements BytesToCome {
  readonly #stored: Uint8Array | StoredValue;
  readonly #form: StoredForm;
  readonly #revision: number;

  constructor(stored: Uint8Array | StoredValue, form: StoredForm, revision: number) {
    // A small part of a long answer of the store's would keep all of it.
    this.#stored = stored instanceof Uint8Array && stored.buffer.byteLength > 2 * stored.length ? stored.slice() : stored;
    this.#form = form;
    this.#revision = revision;
  }

  get stored(): Uint8Array {
    return this.#stored instanceof Uint8Array ? this.#stored : this.#stored.value;
  }

  get length(): number {
    return this.stored.length + revisionLength(this.#revision);
  }

  make(): Uint8Array {
    return spliceRevision(this.stored, this.#form, this.#revision);
  }
}

/** The bytes of an object with another revision in them. */
class Moved implements BytesToCome {
  readonly #from: CachedObject;
  readonly #revision: number;

  constructor(from: CachedObject, revision: number) {
    this.#from = from;
    this.#revision = revision;
  }

  get length(): number {
    return this.#from.size + revisionLength(this.#revision) - revisionLength(this.#from.revision);
  }

  make(): Uint8Array {
    const { bytes, form, revision } = this.#from;
    const old = revisionField(revision);
    const field = revisionField(this.#revision);
    const moved = new Uint8Array(bytes.length - old.length + field.length);
    moved.set(bytes.subarray(0, form.metadataOffset), 0);
    moved.set(field, form.metadataOffset);
    moved.set(bytes.subarray(form.metadataOffset + old.length), form.metadataOffset + field.length);
    return moved;
  }
}

function revisionField(revision: number): Uint8Array {
  return encoder.encode(`"resourceVersion":"${revision}",`);
}

function revisionLength(revision: number): number {
  return '"resourceVersion":"",'.length + String(revision).length;
}
