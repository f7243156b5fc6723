import {
  alreadyExists,
  badRequest,
  canonicalManagers,
  type Clock,
  completeAsKind,
  type FieldError,
  finishInTurns,
  type Instant,
  invalidObject,
  type KubernetesObject,
  type ManagedFieldsEntry,
  noSuchPath,
  notFound,
  type Random,
  StatusError,
  type Strategy,
  type UserInfo,
  type YamlReader,
  validateAsKind,
  validateObjectMeta,
  validateObjectMetaUpdate,
  withMetSpec,
} from "@kubets/machinery";
import { isStoreError, type Revision, type Store } from "@kubets/store";
import type { Authorizer, RequestContext } from "../contracts.ts";
import type { CachedObject } from "../watch-cache/cached-object.ts";
import type { WatchCache } from "../watch-cache/watch-cache.ts";
import type { AdmissionChain } from "./admission-chain.ts";
import { type AdmissionSubject, type Completer, mutate } from "./admission.ts";
import { ClaimLost, type Claims, noClaim } from "./claims.ts";
import {
  generatedName,
  generatedNameTaken,
  inNamespace,
  keptMetadata,
  type ManagedFields,
  mustNotBeStale,
  type NewMetadata,
  namesRevision,
  newMetadata,
  proposedMeta,
  revisionRequired,
  withOwnersOnce,
  withSettledTimes,
} from "./metadata.ts";
import { partOf } from "./parts.ts";
import type { Resource } from "./resource.ts";
import { statusOfStoreError } from "./store-errors.ts";
import { mustGoNow, withGeneration, withoutStatus } from "./transitions.ts";

export interface WriteEnvironment {
  readonly store: Store;
  readonly watchCache: WatchCache;
  readonly clock: Clock;
  readonly random: Random;
  readonly admission: AdmissionChain;
  readonly authorizer: Authorizer;
  /** What writing an object of a kind takes besides the object: addresses and ports of Services. */
  readonly claims: Claims;
  /** How long Events are kept. */
  readonly eventSeconds: number;
  /** Resolves when other requests had their turn: what takes long is done in pieces. */
  readonly turn: () => Promise<void>;
  /** Reads large YAML elsewhere than on the thread that serves; there when absent. */
  readonly readYaml?: YamlReader | undefined;
  /** Awaited between two steps of a write: writes that came together take each step right after one another. */
  readonly abreast: () => Promise<void>;
}

/** Who writes. */
export type Writer = Pick<RequestContext, "user" | "cause" | "signal" | "warn" | "idle">;

/** One write on its way through the bracket. */
export interface WriteRequest {
  readonly resource: Resource;
  readonly namespace: string;
  /** `""` for a create whose object says its name. */
  readonly name: string;
  /** `""`, `status`, or another that changes a part of the object. */
  readonly subresource: string;
  /** What admission is told an update is: a binding is created, although it updates a Pod. */
  readonly operation?: "CREATE";
  /** In whose name the change is made, as `managedFields` has it; absent for changes by the server, which make nobody a manager. */
  readonly manager?: string;
  readonly dryRun: boolean;
  readonly options: Readonly<Record<string, unknown>>;
  readonly writer: Writer;
  /** What must or may happen when the object isn't there, or is. */
  readonly intent: "create" | "update" | "create or update";
  /** Throws `Forbidden` for a writer who may update, but not create. */
  readonly mayCreate?: () => Promise<void>;
  /** The body is so large that each step takes milliseconds. */
  readonly isLarge?: true;
  /** What is proposed follows from the object that is there, whose revision it may carry: the writer named none. */
  readonly followsCurrent?: true;
  /**
   * The object that is wanted, given the one that is there: the body as it is, or the patch applied. Called again when the
   * object has changed meanwhile.
   */
  readonly propose: (current: CachedObject | undefined) => Proposal | Promise<Proposal>;
}

export interface Proposal {
  /** As written: defaults are filled in by the bracket. */
  readonly object: KubernetesObject;
  /** The body of a subresource that has one of its own, mutated already: what validating admission is shown. */
  readonly admitted?: KubernetesObject;
  /** Who manages which fields after an apply; what other writes change is found out by the bracket. */
  readonly managedFields?: readonly ManagedFieldsEntry[];
}

export interface Written {
  readonly outcome: "created" | "updated" | "unchanged" | "deleted";
  readonly object: CachedObject;
}

// As many as upstream tries names before it gives up.
const mostNames = 8;
// A writer that names no revision and still loses this often is told.
const mostConflicts = 100;

/**
 * The write bracket: read the current object, take the wanted one, fill in defaults, mutating admission, the kind's strategy,
 * validation, validating admission, the guarded write. One function, that runs again when the object was changed meanwhile by
 * someone else and the writer named no revision.
 */
export async function write(environment: WriteEnvironment, request: WriteRequest): Promise<Written> {
  for (let attempt = 1; ; attempt++) {
    try {
      const current = request.intent === "create" ? undefined : await readCurrent(environment, request);
      return current === undefined ? await create(environment, request) : await update(environment, request, current);
    } catch (error) {
      if (!(error instanceof LostRace || error instanceof ClaimLost)) throw error;
      const most = error instanceof LostRace && error.kind === "name taken" ? mostNames : mostConflicts;
      if (attempt >= most) throw error.answer;
    }
  }
}

/** Someone else was faster, and the writer didn't say that it minds. */
class LostRace extends Error {
  readonly kind: "name taken" | "changed";
  readonly answer: StatusError;

  constructor(kind: "name taken" | "changed", answer: StatusError) {
    super(answer.message);
    this.kind = kind;
    this.answer = answer;
  }
}

async function readCurrent(
  { watchCache }: WriteEnvironment,
  { resource, namespace, name, intent, writer }: WriteRequest,
): Promise<CachedObject | undefined> {
  await watchCache.current((wait) => writer.idle(wait));
  const current = resource.cache.get(resource.keyOf(namespace, name));
  if (current === undefined && intent === "update") throw notFound(resource.kind, name);
  if (current === undefined) return undefined;
  await resource.prepare?.([current]);
  return resource.show(current);
}

async function create(environment: WriteEnvironment, request: WriteRequest): Promise<Written> {
  const { clock, random, claims, admission } = environment;
  const pause = pauseOf(environment, request);
  const { resource, namespace, writer, dryRun } = request;
  const { kind } = resource;
  const { strategy } = kind;
  await request.mayCreate?.();
  const complete = completerOf(resource);
  const proposing = request.propose(undefined);
  const proposal = proposing instanceof Promise ? await proposing : proposing;
  const proposed = withOwnersOnce(inNamespace(kind, proposal.object, namespace), (text) => writer.warn(text));
  if ((proposedMeta(proposed).resourceVersion ?? "") !== "") throw badRequest("resourceVersion should not be set on objects to be created");
  const subject = subjectOf(request, "CREATE", proposedMeta(proposed).name ?? "");
  const now = clock.now();
  await pause();
  const given = met(request, complete(proposed), proposed);
  await pause();
  const managedFields = proposal.managedFields ?? managedAfter(request, { given, previous: undefined, now });
  await pause();
  const mutated = await mutate(admission, subject, { object: given, previous: undefined, complete, managedFields });
  await pause();
  const { generateName = "", name = "" } = proposedMeta(mutated);
  const isGenerated = name === "" && generateName !== "";
  const named = isGenerated ? generatedName(generateName, random) : name;
  const admitted = admittedManagers(mutated, given, managedFields, writer);
  const prepared = newObject(resource, mutated, { name: named, random, now, managedFields: admitted, user: writer.user });
  await pause();
  using claim = claims.of(kind)?.onCreate(prepared) ?? noClaim(prepared);
  const object = met(request, claim.object);
  const shape = [...validateObjectMeta(kind, object.metadata), ...validateAsKind(kind, object)];
  await pause();
  const errors = [
    ...shape,
    ...(strategy.validate?.(object) ?? []),
    ...(strategy.validateCreate?.(object) ?? []),
    ...(isLong(kind) ? await validateInTurns(environment, kind, object, undefined) : []),
  ];
  if (errors.length > 0) throw invalidObject(kind, named, errors);
  await pause();
  for (const warning of strategy.warnings?.(object) ?? []) writer.warn(warning);
  await admission.validate({ ...subject, name: named, object: proposal.admitted ?? object });
  await pause();
  const key = resource.keyOf(object.metadata.namespace ?? "", named);
  const bytes = await resource.encode(object);
  if (pause === environment.turn) await pause();
  if (dryRun) {
    await environment.watchCache.current((wait) => writer.idle(wait));
    if (resource.cache.get(key) !== undefined) throw alreadyExists(kind, named);
    return { outcome: "created", object: await resource.unwritten(key, bytes, 0) };
  }
  try {
    if (claim.record !== undefined) await claim.record();
    const revision = await environment.store.create(key, bytes, writeOptions(environment, request));
    await claim.keep();
    return { outcome: "created", object: await resource.written(key, bytes, revision) };
  } catch (error) {
    if (claim.abandon !== undefined) await claim.abandon();
    if (isStoreError(error, "Exists")) {
      if (isGenerated) throw new LostRace("name taken", generatedNameTaken(kind, named));
      if (request.intent === "create or update") throw new LostRace("changed", alreadyExists(kind, named));
    }
    throw statusOfStoreError(error, kind, named);
  }
}

/** What is made of a complete object before it is asked whether it may be created: the server's metadata, and the kind's own preparation. */
export function newObject(
  { kind }: Resource,
  wanted: KubernetesObject,
  { user, ...given }: Omit<NewMetadata, "isCounted"> & { readonly user: UserInfo },
): KubernetesObject {
  const { strategy, subresources } = kind;
  const metadata = newMetadata(wanted.metadata, { ...given, isCounted: counts(strategy.generation) });
  const named: KubernetesObject = { ...wanted, metadata };
  const dropsStatus = subresources.status === true && strategy.bornWithStatus !== true;
  const bare = dropsStatus ? completeAsKind(kind, withoutStatus(named), wanted) : named;
  if (strategy.prepareForCreate === undefined) return bare;
  return completerOf({ kind })(strategy.prepareForCreate(bare, { now: given.now, user }), bare);
}

async function update(environment: WriteEnvironment, request: WriteRequest, current: CachedObject): Promise<Written> {
  const { clock, claims, admission, store } = environment;
  const pause = pauseOf(environment, request);
  const { resource, namespace, name, subresource, writer, dryRun } = request;
  const { kind } = resource;
  const { strategy } = kind;
  const part = partOf(kind, subresource);
  if (part === undefined) throw noSuchPath();
  const complete = completerOf(resource);
  const previous = current.object;
  const proposing = request.propose(current);
  const proposal = proposing instanceof Promise ? await proposing : proposing;
  const proposed = withOwnersOnce(inNamespace(kind, proposal.object, namespace), (text) => writer.warn(text));
  const isConditional = namesRevision(proposed.metadata);
  const mayRunAgain = !isConditional || request.followsCurrent === true;
  mustNotBeStale(kind, proposed.metadata, current);
  if (!isConditional && strategy.unconditionalUpdate === false) throw revisionRequired(kind, name);
  const subject = subjectOf(request, request.operation ?? "UPDATE", name);
  const now = clock.now();
  await pause();
  const given = part.isWhole ? met(request, complete(proposed), proposed) : complete(proposed);
  await pause();
  const managedFields = proposal.managedFields ?? managedAfter(request, { given, previous, now });
  await pause();
  const mutated =
    proposal.admitted === undefined ? await mutate(admission, subject, { object: given, previous, complete, managedFields }) : given;
  await pause();
  const admitted = admittedManagers(mutated, given, managedFields, writer);
  const wanted: KubernetesObject = { ...mutated, metadata: keptMetadata(mutated.metadata, current, admitted) };
  const taken = complete(part.take(wanted, previous, { now, user: writer.user }));
  using claim = (part.isWhole ? claims.of(kind)?.onUpdate(taken, previous) : undefined) ?? noClaim(taken);
  let object = met(request, claim.object);
  // Where a Pod runs is not a change of what is wanted of it.
  if (counts(strategy.generation) && subresource !== "binding") object = withGeneration(kind, object, previous);
  object = withSettledTimes(object, previous);
  await pause();
  const shape = [
    ...validateObjectMeta(kind, object.metadata),
    ...validateObjectMetaUpdate(object.metadata, previous.metadata),
    ...validateAsKind(kind, object),
  ];
  await pause();
  const errors = [
    ...shape,
    ...part.validate(object, previous),
    ...(part.isWhole && isLong(kind) ? await validateInTurns(environment, kind, object, previous) : []),
  ];
  if (errors.length > 0) throw invalidObject(kind, name, distinct(errors));
  await pause();
  if (part.isWhole) for (const warning of strategy.warnings?.(object, previous) ?? []) writer.warn(warning);
  await admission.validate({ ...subject, object: proposal.admitted ?? object, previous });
  await pause();
  const bytes = await resource.encode(object);
  if (pause === environment.turn) await pause();
  const goes = mustGoNow(kind, object);
  if (!goes && isSame(resource, bytes, current)) return { outcome: "unchanged", object: current };
  if (dryRun) return { outcome: "updated", object: await resource.unwritten(current.key, bytes, current.revision) };
  const expected = current.revision as Revision;
  try {
    if (goes) {
      const revision = await store.delete(current.key, { cause: writer.cause, expected });
      await claims.of(kind)?.onDelete(previous);
      return { outcome: "deleted", object: await resource.written(current.key, bytes, revision) };
    }
    if (claim.record !== undefined) await claim.record();
    const revision = await store.update(current.key, bytes, { ...writeOptions(environment, request), expected });
    await claim.keep();
    return { outcome: "updated", object: await resource.written(current.key, bytes, revision) };
  } catch (error) {
    if (claim.abandon !== undefined) await claim.abandon();
    const answer = statusOfStoreError(error, kind, name);
    if (mayRunAgain && isStoreError(error, "Conflict", "NotFound") && answer instanceof StatusError) throw new LostRace("changed", answer);
    throw answer;
  }
}

/** Between two steps: where each may take long, others have their turn every time. */
function pauseOf({ turn, abreast }: WriteEnvironment, { resource: { kind }, isLarge }: WriteRequest): () => Promise<void> {
  return isLarge === true || isLong(kind) ? turn : abreast;
}

/** Small specs often come again. To find out whether a large one does would take as long as everything else that is done with it. */
function met({ resource: { kind }, isLarge }: WriteRequest, object: KubernetesObject, given?: KubernetesObject): KubernetesObject {
  return isLarge === true || isLong(kind) ? object : withMetSpec(kind, object, given);
}

/** Objects of the kind may be so large that each step of their way takes long. */
function isLong({ strategy }: Resource["kind"]): boolean {
  return strategy.validateInSteps !== undefined;
}

async function validateInTurns(
  { turn }: WriteEnvironment,
  { strategy }: Resource["kind"],
  object: KubernetesObject,
  previous: KubernetesObject | undefined,
): Promise<readonly FieldError[]> {
  await turn();
  return finishInTurns(strategy.validateInSteps!(object, previous), turn);
}

/** Who manages which fields once the object is written as it was given, before the server's own changes. */
function managedAfter(
  { resource, subresource, manager }: WriteRequest,
  { given, previous, now }: { readonly given: KubernetesObject; readonly previous: KubernetesObject | undefined; readonly now: Instant },
): ManagedFields {
  if (manager === undefined) return previous?.metadata.managedFields;
  return resource.fieldManager(subresource).update(previous, given, { manager, now });
}

/** The managers as admission left them: whoever was shown them may have changed them, but not into what nobody can read. */
function admittedManagers(mutated: KubernetesObject, given: KubernetesObject, before: ManagedFields, { warn }: Writer): ManagedFields {
  const after = mutated.metadata.managedFields;
  // Those of the object as it was sent were never asked about.
  if (mutated === given || after === proposedMeta(given).managedFields || after === before) return before;
  if (after === undefined) return undefined;
  const read = canonicalManagers(after);
  if (read !== undefined) return read;
  warn(
    ".metadata.managedFields was in an invalid state after admission; this could be caused by an outdated mutating admission controller; please fix your requests: an entry can't be read",
  );
  return before;
}

function counts(generation: Strategy<KubernetesObject>["generation"] = false): boolean {
  return generation !== false;
}

/** Fills in defaults: those of the schema, then those that depend on other fields. `before` is what the object was made from, complete. */
export function completerOf({ kind }: Pick<Resource, "kind">): Completer {
  const { strategy } = kind;
  return (object, before) => {
    const completed = completeAsKind(kind, object, before);
    return strategy.defaults?.(completed) ?? completed;
  };
}

function subjectOf(
  { resource, namespace, subresource, dryRun, options, writer }: WriteRequest,
  operation: "CREATE" | "UPDATE",
  name: string,
): AdmissionSubject {
  const { user, signal } = writer;
  return { operation, kind: resource.kind, namespace, name, subresource, options, dryRun, user, signal, warn: (text) => writer.warn(text) };
}

function writeOptions(
  { eventSeconds }: WriteEnvironment,
  { resource: { kind }, writer: { cause } }: WriteRequest,
): {
  readonly cause: Writer["cause"];
  readonly ttlSeconds?: number;
} {
  return kind.kind === "Event" && eventSeconds > 0 ? { cause, ttlSeconds: eventSeconds } : { cause };
}

/** Whether writing the bytes would change nothing: then nothing is written, as upstream does, and the revision stays. */
function isSame(resource: Resource, bytes: Uint8Array, current: CachedObject): boolean {
  const stored = resource.cache.get(current.key);
  return stored?.revision === current.revision && stored.isStoredAs(bytes);
}

// Of an object of three megabytes, a hundred thousand things may be wrong, under names as long as itself.
const mostCompared = 4_000_000;

/** The errors, each once; of very many, the first. */
function distinct(errors: readonly FieldError[]): readonly FieldError[] {
  const seen = new Set<string>();
  let compared = 0;
  return errors.filter(({ field, detail, type }) => {
    compared += field.length + detail.length;
    if (compared > mostCompared && seen.size > 0) return false;
    const before = seen.size;
    return before < seen.add(`${type} ${field} ${detail}`).size;
  });
}
