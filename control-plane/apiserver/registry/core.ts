import {
  apiVersionOf,
  invalidObject,
  type Kind,
  type KubernetesObject,
  notFound,
  type Response,
  StatusError,
  type Task,
  type Tasks,
  type UserInfo,
  uuid,
  validateAsKind,
} from "@kubets/machinery";
import type { Authorizer, ObjectExchange, ObjectName, ObjectReader, ObjectWriter, RequestContext } from "../contracts.ts";
import { valueAnswer } from "../request/answer.ts";
import { judge, readObjectBody, strictRefusal } from "../request/body.ts";
import { negotiate } from "../request/content.ts";
import { hasProtobuf } from "../request/protobuf-write.ts";
import { writeOptionsOf } from "../request/query.ts";
import type { WatchCache } from "../watch-cache/watch-cache.ts";
import { noAdmission } from "./admission-chain.ts";
import { deleteObject } from "./delete.ts";
import { completerOf, type WriteEnvironment, write, type WriteRequest } from "./bracket.ts";
import { type Constant, knownConstant, makeConstant } from "./constants.ts";
import { proposedMeta } from "./metadata.ts";
import type { Resource, Resources } from "./resource.ts";
import { statusOfStoreError } from "./store-errors.ts";

const none: readonly never[] = Object.freeze([]);
const fewObjects = 32;

/** Reads of the server itself, from its watch caches. */
export function createObjectReader(resources: Resources, watchCache: WatchCache): ObjectReader {
  const isReady = Promise.resolve();
  /** Lists of kinds with few objects, which admission asks for with every write, until one of these objects changes. */
  const short = new WeakMap<Resource, { readonly at: number; readonly objects: readonly KubernetesObject[] }>();
  return {
    // The caches of all kinds are loaded before the server is made.
    ready: () => (watchCache.isLoaded ? isReady : Promise.reject(new Error("Cannot read objects: the watch cache is not loaded"))),
    get<T extends KubernetesObject>(kind: Kind<T>, namespace: string, name: string): T | undefined {
      const resource = resources.of(kind as unknown as Kind);
      const object = resource.cache.get(resource.keyOf(namespace, name));
      return object === undefined ? undefined : (resource.show(object).object as T);
    },
    list<T extends KubernetesObject>(kind: Kind<T>, namespace: string): readonly T[] {
      const resource = resources.of(kind as unknown as Kind);
      const { cache } = resource;
      if (cache.size === 0) return none;
      const isShort = namespace === "" && cache.size <= fewObjects;
      const known = isShort ? short.get(resource) : undefined;
      if (known?.at === cache.lastChange) return known.objects as readonly T[];
      const objects: T[] = [];
      for (const object of cache.candidates({ namespace, name: "" })) objects.push(resource.show(object).object as T);
      if (isShort) short.set(resource, { at: cache.lastChange, objects: Object.freeze(objects) });
      return objects;
    },
    lastChange: (kind) => resources.of(kind as unknown as Kind).cache.lastChange,
    onChange: (kind, listener) => resources.of(kind as unknown as Kind).cache.onChange(listener),
  };
}

export interface ObjectWriterOptions {
  readonly environment: Omit<WriteEnvironment, "admission" | "authorizer">;
  readonly resources: Resources;
  readonly tasks: Tasks;
  readonly user: UserInfo;
}

/** In whose name the server writes. */
const manager = "kube-apiserver";

/** Writes of the server itself: what must be there before anyone may write, so without authorization and admission. */
export function createObjectWriter({ environment, resources, tasks, user }: ObjectWriterOptions): ObjectWriter {
  const withoutAdmission: WriteEnvironment = { ...environment, admission: noAdmission, authorizer: everyone };
  const requestOf = (kind: Kind, task: Task, request: ServerWrite): WriteRequest => ({
    resource: resources.of(kind),
    manager,
    dryRun: false,
    options: {},
    writer: { user, cause: { user: user.name }, signal: new AbortController().signal, warn() {}, idle: (wait) => task.idle(wait) },
    ...request,
  });
  const constantOf = async (kind: Kind, object: object): Promise<Constant> =>
    knownConstant(object) ?? makeConstant(object as KubernetesObject, { resource: resources.of(kind), user, manager });
  const perform = async <T extends KubernetesObject>(kind: Kind<T>, request: ServerWrite): Promise<T> => {
    const written = await tasks.run("server write", (task) => write(withoutAdmission, requestOf(kind as unknown as Kind, task, request)));
    return written.object.object as T;
  };
  const put = <T extends KubernetesObject>(
    kind: Kind<T>,
    object: KubernetesObject,
    intent: WriteRequest["intent"],
    subresource = "",
  ): Promise<T> => {
    const identified = { ...object, kind: kind.kind, apiVersion: apiVersionOf(kind) };
    const { namespace = "", name = "" } = proposedMeta(object);
    return perform(kind, {
      namespace: kind.scope === "Cluster" ? "" : namespace,
      name: intent === "create" ? "" : name,
      subresource,
      intent,
      propose: () => ({ object: identified }),
    });
  };
  return {
    create: (kind, object) => put(kind, object as KubernetesObject, "create"),
    prepareConstant: <T extends KubernetesObject>(kind: Kind<T>, object: object) =>
      tasks.run("server write", async () => void (await constantOf(kind as unknown as Kind, object))),
    createConstant: <T extends KubernetesObject>(kind: Kind<T>, object: object) =>
      tasks.run("server write", async () => {
        const { namespace = "", name = "" } = proposedMeta(object as KubernetesObject);
        const constant = await constantOf(kind as unknown as Kind, object);
        const { store, random, clock } = environment;
        const key = resources.of(kind as unknown as Kind).keyOf(namespace, name);
        try {
          await store.create(key, constant.bytes(uuid(random), clock.now()), { cause: { user: user.name } });
        } catch (error) {
          throw statusOfStoreError(error, kind, name);
        }
      }),
    update: (kind, object) => put(kind, object, "update"),
    changeStatus: <T extends KubernetesObject>(kind: Kind<T>, { namespace, name }: ObjectName, change: (current: T) => T) =>
      perform(kind, {
        namespace,
        name,
        subresource: "status",
        intent: "update",
        followsCurrent: true,
        propose: (current) => {
          if (current === undefined) throw notFound(kind, name);
          return { object: change(current.object as T) };
        },
      }),
    updateStatus: (kind, object) => put(kind, object, "update", "status"),
  };
}

/** Deletes objects of the server's own accord, as their finalizers allow; those that are gone already are no matter. */
export function createObjectRemover({
  environment,
  resources,
  tasks,
  user,
}: ObjectWriterOptions): (kind: Kind, namespace: string, name: string) => Promise<void> {
  const withoutAdmission: WriteEnvironment = { ...environment, admission: noAdmission, authorizer: everyone };
  return async (kind, namespace, name) => {
    await tasks.run("server deletion", async (task) => {
      try {
        await deleteObject(withoutAdmission, {
          resource: resources.of(kind),
          namespace,
          name,
          options: {},
          dryRun: false,
          writer: { user, cause: { user: user.name }, signal: new AbortController().signal, warn() {}, idle: (wait) => task.idle(wait) },
        });
      } catch (error) {
        if (!(error instanceof StatusError && error.reason === "NotFound")) throw error;
      }
    });
  };
}

type ServerWrite = Pick<WriteRequest, "namespace" | "name" | "subresource" | "intent" | "propose" | "followsCurrent">;

const everyone: Authorizer = { name: "everyone", authorize: async () => ({ decision: "allow", reason: "" }) };

/** How endpoints read objects that aren't kept, and answer them. */
export const objectExchange: ObjectExchange = {
  async read<T extends KubernetesObject>(context: RequestContext, kind: Kind<T>): Promise<T> {
    const { request, info } = context;
    const { fieldValidation } = writeOptionsOf(info.query, "CreateOptions");
    const { object, complaints } = readObjectBody(request, kind, fieldValidation);
    judge(complaints, fieldValidation, { warn: (text) => context.warn(text), refuse: strictRefusal(kind) });
    const completed = completerOf({ kind: kind as unknown as Kind })({ ...object, metadata: proposedMeta(object) }) as T;
    const errors = validateAsKind(kind, completed);
    if (errors.length > 0) throw invalidObject(kind, proposedMeta(object).name ?? "", errors);
    return completed;
  },
  answer<T extends KubernetesObject>({ request, info }: RequestContext, kind: Kind<T>, status: number, object: T): Response {
    const accepted = negotiate(request, info.query, { table: false, metadata: false, protobuf: hasProtobuf(kind) });
    return valueAnswer(status, { ...object, kind: kind.kind, apiVersion: apiVersionOf(kind) }, accepted, kind.schema);
  },
};
