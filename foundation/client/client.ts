import type { Cause, DeleteOptions, Draft, Kind, KubernetesList, KubernetesObject, Status, WatchEvent } from "@kubets/machinery";
import type { Transport } from "./transport.ts";

/**
 * The one typed client. Every failure the server answers is a `StatusError`; a request that got no answer rejects with the
 * transport's error.
 *
 * @example
 * const pods = client.resource(PodKind).in("default");
 * await pods.create({ metadata: { name: "web" }, spec: { containers: [{ name: "web", image: "web:1" }] } });
 */
export interface Client {
  resource<T extends KubernetesObject>(kind: Kind<T>): ResourceClient<T>;
  /** The same client, whose writes carry this cause (law 5). The runner sets it around every reconcile. */
  because(cause: Omit<Cause, "user">): Client;
  readonly transport: Transport;
}

export interface RequestOptions {
  readonly signal?: AbortSignal;
}

export interface WriteRequestOptions extends RequestOptions {
  readonly dryRun?: boolean;
  readonly fieldManager?: string;
  readonly fieldValidation?: "Strict" | "Warn" | "Ignore";
}

export interface ListOptions extends RequestOptions {
  /** Text forms, as `kubectl` takes them. */
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit?: number;
  readonly continue?: string;
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: "Exact" | "NotOlderThan";
}

export interface WatchOptions extends RequestOptions {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly resourceVersion?: string;
  readonly allowWatchBookmarks?: boolean;
  /** Begins with the present objects as ADDED and a bookmark that ends them. */
  readonly sendInitialEvents?: boolean;
  readonly timeoutSeconds?: number;
}

export type PatchType = "json" | "merge" | "strategic" | "apply";

export interface ResourceClient<T extends KubernetesObject> {
  readonly kind: Kind<T>;
  /** Confined to a namespace. Without it: all namespaces, or the objects of a cluster-scoped kind. */
  in(namespace: string): ResourceClient<T>;
  get(name: string, options?: RequestOptions & { readonly resourceVersion?: string }): Promise<T>;
  list(options?: ListOptions): Promise<KubernetesList<T>>;
  /** Batches of events, from `resourceVersion` on. Ends when the server ends it; an ERROR event rejects with its `StatusError`. */
  watch(options?: WatchOptions): Watching<T>;
  /** Creates in the namespace of the object, or of the client. apiVersion and kind are filled in. */
  create(object: DraftObject<T>, options?: WriteRequestOptions): Promise<T>;
  /** Replaces. With the object's resourceVersion a conflict is an error; without, it overwrites. */
  update(object: DraftObject<T>, options?: WriteRequestOptions): Promise<T>;
  updateStatus(object: DraftObject<T>, options?: WriteRequestOptions): Promise<T>;
  patch(
    name: string,
    patch: unknown,
    options: WriteRequestOptions & { readonly type: PatchType; readonly subresource?: string; readonly force?: boolean },
  ): Promise<T>;
  /** The object as it is while it is being deleted, or the Status of what is gone. */
  delete(name: string, options?: RequestOptions & DeleteOptions): Promise<T | Status>;
  deleteCollection(options?: ListOptions & DeleteOptions): Promise<void>;
  /** Reads or writes another subresource, such as `scale`, `binding` or `token`. */
  subresource(name: string, subresource: string): SubresourceClient;
}

/** A watch, for one reader, which iterates or has its events brought by {@link forEach}. */
export interface Watching<T extends KubernetesObject> extends AsyncIterable<readonly WatchEvent<T>[]> {
  /**
   * Calls `take` with each batch, in one process as soon as it is there. Resolves and rejects as iterating ends; what `take` throws ends the
   * watch and rejects.
   */
  forEach(take: (events: readonly WatchEvent<T>[]) => void): Promise<void>;
}

export interface SubresourceClient {
  get(options?: RequestOptions): Promise<unknown>;
  create(body: unknown, options?: WriteRequestOptions): Promise<unknown>;
  update(body: unknown, options?: WriteRequestOptions): Promise<unknown>;
}

/** What create and apply take: see `Draft`; apiVersion and kind may be left out as well. */
export type DraftObject<T extends KubernetesObject> = Omit<Draft<T>, "apiVersion" | "kind"> & {
  readonly apiVersion?: string;
  readonly kind?: string;
};
