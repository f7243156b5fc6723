import type {
  Cause,
  Clock,
  Follow,
  Handler,
  Instant,
  Kind,
  KubernetesObject,
  ManagedFieldsEntry,
  Peer,
  Request,
  Response,
  Upgrade,
  UserInfo,
} from "@kubets/machinery";
import type { SharedObjects } from "./watch-cache/watch-cache.ts";

/**
 * What the parts of the API server agree on: the pipeline (`request/`), the registry and its watch cache on one side;
 * authentication, authorization, admission, discovery and OpenAPI on the other.
 */

/** What a request asks for, read from its method and path alone. The first step of the pipeline. */
export interface RequestInfo {
  /** `get list watch create update patch delete deletecollection` for resources; the method in lower case otherwise. */
  readonly verb: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Absent for paths that name no resource (`/healthz`, `/apis`, `/openapi/v3`, …). */
  readonly resource?: ResourceInfo;
}

export interface ResourceInfo {
  readonly group: string;
  readonly version: string;
  /** `""` when not named. */
  readonly namespace: string;
  /** The plural resource. */
  readonly resource: string;
  /** `""` for the object itself. */
  readonly subresource: string;
  /** What follows the subresource, such as the path that a proxy request carries. */
  readonly rest: string;
  /** `""` for the collection. */
  readonly name: string;
}

/** A request on its way through the pipeline. */
export interface RequestContext {
  readonly request: Request;
  readonly peer: Peer;
  readonly info: RequestInfo;
  /** After authentication and impersonation. */
  readonly user: UserInfo;
  readonly cause: Cause;
  /** When the request came in. */
  readonly received: Instant;
  readonly signal: AbortSignal;
  /** Adds a `Warning: 299` header to the answer. */
  warn(text: string): void;
  /** Awaits what is not the server's to bring about (a revision from the future), without keeping the process from being settled. */
  idle<Value>(wait: PromiseLike<Value>): Promise<Value>;
}

/** Turns what the adapter knows and the headers say into a user. The first that knows the caller decides. */
export interface Authenticator {
  readonly name: string;
  /** `undefined`: not of this authenticator's kind. Throws `unauthorized` for credentials of its kind that don't hold. */
  authenticate(request: Request, peer: Peer): Promise<UserInfo | undefined>;
}

/** What is to be allowed. */
export interface AuthorizationAttributes {
  readonly user: UserInfo;
  readonly verb: string;
  /** Absent for paths that name no resource. */
  readonly resource?: Omit<ResourceInfo, "rest">;
  readonly path: string;
  /** The selectors of list, watch and deletecollection, in text form. */
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
}

export interface Verdict {
  readonly decision: "allow" | "deny" | "no opinion";
  /** Which rule, or why not; for people. */
  readonly reason: string;
}

export interface Authorizer {
  readonly name: string;
  authorize(attributes: AuthorizationAttributes): Promise<Verdict>;
}

/** One write, as admission sees it. */
export interface AdmissionAttributes {
  readonly operation: "CREATE" | "UPDATE" | "DELETE" | "CONNECT";
  readonly kind: Kind;
  readonly namespace: string;
  /** `""` when a create leaves the name to the server. */
  readonly name: string;
  readonly subresource: string;
  /** The new object; absent for DELETE. For a subresource with a body of its own (`binding`, `eviction`), that body. */
  readonly object?: KubernetesObject;
  /** The object before; absent for CREATE. */
  readonly previous?: KubernetesObject;
  /** CreateOptions, UpdateOptions, DeleteOptions, … */
  readonly options: Readonly<Record<string, unknown>>;
  readonly dryRun: boolean;
  readonly user: UserInfo;
  readonly signal: AbortSignal;
  warn(text: string): void;
}

/** A write on its way through the plugins that may change its object. */
export interface MutatingAttributes extends AdmissionAttributes {
  readonly object: KubernetesObject;
  /** Who manages which fields once the object is written as it is: what those outside of the server are shown, and may change. */
  readonly managedFields: readonly ManagedFieldsEntry[] | undefined;
  readonly round: MutationRound;
}

/** The plugins are asked in turn, and once more when a webhook or policy changed the object after others that mind. */
export interface MutationRound {
  readonly isSecond: boolean;
  /** Has all plugins asked once more, with the object as all of them left it. */
  requireSecond(): void;
  /** Fills in the defaults of an object that was made from `before`, which has them. */
  complete(object: KubernetesObject, before: KubernetesObject): KubernetesObject;
  /** What a plugin remembers from one round to the next. */
  memory<T>(plugin: string, make: () => T): T;
}

/** One admission plugin: a file in `admission/<plugin>`, a line in the list of plugins. */
export interface AdmissionPlugin {
  readonly name: string;
  /** Answers the object, changed or the same: at once, when there is nothing to wait for. Throws a `StatusError` to refuse. */
  mutate?(attributes: MutatingAttributes): KubernetesObject | Promise<KubernetesObject>;
  /** Throws a `StatusError` to refuse. */
  validate?(attributes: AdmissionAttributes): void | Promise<void>;
}

/** The server's own objects, read from its watch caches without a round trip. Objects are shared and deep-frozen. */
export interface ObjectReader {
  /** Resolves when the cache of the kind has loaded. */
  ready<T extends KubernetesObject>(kind: Kind<T>): Promise<void>;
  get<T extends KubernetesObject>(kind: Kind<T>, namespace: string, name: string): T | undefined;
  /** All of a namespace, or of all namespaces when it is `""`. */
  list<T extends KubernetesObject>(kind: Kind<T>, namespace: string): readonly T[];
  /** The revision of the last change of the kind: what was derived from its objects holds while this stays. */
  lastChange?<T extends KubernetesObject>(kind: Kind<T>): number;
  /** Calls back after every change of an object of the kind. */
  onChange?<T extends KubernetesObject>(kind: Kind<T>, listener: () => void): Disposable;
}

/**
 * Writes of the server itself (default roles, the `default` namespace and Service, allocations), through the whole pipeline as
 * the given user, or without admission and authorization for what must be there first.
 */
export interface ObjectWriter {
  create<T extends KubernetesObject>(kind: Kind<T>, object: unknown): Promise<T>;
  /**
   * Creates an object that every cluster begins with, of a kind that claims nothing else. `object` is a constant: the very same value in every
   * cluster of the process, which is validated and encoded once.
   */
  createConstant<T extends KubernetesObject>(kind: Kind<T>, object: object): Promise<void>;
  /** Does of {@link createConstant} what is done once per process. */
  prepareConstant<T extends KubernetesObject>(kind: Kind<T>, object: object): Promise<void>;
  update<T extends KubernetesObject>(kind: Kind<T>, object: T): Promise<T>;
  /** Writes the status and the metadata. */
  updateStatus<T extends KubernetesObject>(kind: Kind<T>, object: T): Promise<T>;
  /**
   * Writes the status of an object that is there: `change` is given the newest one, and is called again when somebody else was faster.
   * What it throws ends the write.
   */
  changeStatus<T extends KubernetesObject>(kind: Kind<T>, name: ObjectName, change: (current: T) => T): Promise<T>;
}

export interface ObjectName {
  /** `""` for kinds of cluster scope. */
  readonly namespace: string;
  readonly name: string;
}

/** Answers a path that names no resource, or a subresource that isn't read and written like an object. */
export type Endpoint = (context: RequestContext) => Promise<Response | Upgrade>;

/** Paths that name no resource. The longest prefix wins; `/` at its end admits everything below. */
export interface PathEndpoint {
  readonly path: string;
  readonly endpoint: Endpoint;
}

/** A subresource, or a whole resource that isn't stored (reviews), served by a function of its own. */
export interface ResourceEndpoint {
  readonly group: string;
  readonly resource: string;
  /** `""` for the resource itself. */
  readonly subresource: string;
  readonly endpoint: Endpoint;
}

/** How an {@link Endpoint} reads an object from a request's body and writes one as its answer, in whichever media type was negotiated. */
export interface ObjectExchange {
  /** Decoded and with its defaults, validated against its schema. Throws the `StatusError` of a body that isn't such an object. */
  read<T extends KubernetesObject>(context: RequestContext, kind: Kind<T>): Promise<T>;
  answer<T extends KubernetesObject>(context: RequestContext, kind: Kind<T>, status: number, object: T): Response;
}

export interface ApiServer {
  readonly handle: Handler;
  /** Declines everything when requests are audited: then each must be one. */
  readonly follow: Follow;
  /** Everything that `/readyz` asks for holds. */
  ready(signal?: AbortSignal): Promise<void>;
  readonly reader: ObjectReader;
  /** What the caches hold now, for a server that begins with a copy of this one's store; see `ApiServerOptions.shared`. */
  objects(): SharedObjects;
  /** Ends watches, waits for requests under way (30 s at most), closes nothing that it didn't open. */
  close(): Promise<void>;
}

/** The clock's face for parts that only need the time. */
export type Now = Pick<Clock, "now">;
