import type { Instant } from "./clock.ts";
import type { FieldError } from "./field-errors.ts";
import type { UserInfo } from "./handler.ts";
import type { KubernetesObject } from "./meta.ts";
import type { Schema } from "./schema.ts";
import type { Steps } from "./steps.ts";

/**
 * One version of one API kind, declared once (law 9): everything else (defaulting, validation, OpenAPI, discovery, tables,
 * merge keys, storage key, typed client, `explain`) follows from it.
 */
export interface Kind<T extends KubernetesObject = KubernetesObject> {
  /** `""` for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** The kind of a list of objects; that of the kind and `List` when absent. */
  readonly listKind?: string;
  /** Plural, lower case: the name in paths, such as `replicasets`. */
  readonly resource: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly scope: "Namespaced" | "Cluster";
  readonly schema: Schema<T>;
  /** What the resource can do. Review kinds and bindings can only be created. */
  readonly verbs: readonly Verb[];
  readonly subresources: Subresources<T>;
  /** Without entries, `Name` and `Created At`. */
  readonly columns: readonly Column<T>[];
  /** Field selectors besides `metadata.name` and `metadata.namespace`: the path and how its text is read. */
  readonly selectableFields: Readonly<Record<string, (object: T) => string>>;
  readonly strategy: Strategy<T>;
  /** How values are read and completed where `schema` doesn't say it: kinds that are declared at run time. */
  readonly values?: KindValues<T>;
  /** Answered as a warning with every request for a version that is on its way out. */
  readonly deprecation?: string;
  /** Where another version (or group) of the kind is the one that is stored: absent for the stored version itself. */
  readonly storedAs?: StoredAs<T>;
}

/** What is done with the values of a kind that is declared at run time. All of it is pure, and answers the value itself where it can. */
export interface KindValues<T> {
  /** Reads a JSON value as an object, without its unknown fields, in upstream's words for what it is not. Throws `BadRequest`. */
  readonly decode: (value: unknown) => { readonly object: T; readonly unknownFields: readonly string[] };
  /** Fills in defaults. */
  readonly complete: (object: T) => T;
  /** The form in which the object is written. */
  readonly encode: (object: T) => T;
}

/** The stored version of a kind, and the pair of pure functions between it and this version. */
export interface StoredAs<T> {
  readonly kind: Kind;
  readonly toStored: (object: T) => KubernetesObject;
  readonly fromStored: (stored: KubernetesObject) => T;
  /** Where somebody else converts, and must have been asked before: the two functions then answer for these very objects. */
  readonly converter?: {
    readonly prepareToStore: (object: T) => Promise<void>;
    readonly prepareToServe: (stored: readonly KubernetesObject[]) => Promise<void>;
  };
}

export type Verb = "create" | "get" | "list" | "watch" | "update" | "patch" | "delete" | "deletecollection";

export interface Subresources<T> {
  /** Status is written apart from the rest. */
  readonly status?: true;
  readonly scale?: ScaleSubresource<T>;
  /** Others that the registry serves by a handler of the same name: `binding`, `eviction`, `finalize`, `log`, `exec`, `token`, … */
  readonly others?: readonly string[];
}

/** How `autoscaling/v1 Scale` reads and writes an object. */
export interface ScaleSubresource<T> {
  readonly replicas: (object: T) => number;
  readonly withReplicas: (object: T, replicas: number) => T;
  readonly statusReplicas: (object: T) => number;
  /** In the form of `kubectl get -l`. */
  readonly selector: (object: T) => string;
}

/** A column of a Table. `cell` answers a JSON scalar; times are already in the short form (`5m`). */
export interface Column<T> {
  readonly name: string;
  readonly type: "string" | "integer" | "boolean" | "number" | "date";
  readonly format?: string;
  readonly doc: string;
  /** 1: shown by `-o wide` only. */
  readonly priority?: 0 | 1;
  readonly cell: (object: T, now: Instant) => string | number | boolean | null;
}

/** The rules of an object's kind. All are pure; what they change, they change in a new object. */
export interface Strategy<T> {
  /** Which names are allowed; a DNS subdomain (RFC 1123) when absent. */
  readonly name?: NameRule;
  /**
   * Defaults that depend on other fields; those of single fields stand in the schema. Runs after them, on every read of a request. What is filled into the spec
   * follows from the spec alone, and not again from what was filled in.
   */
  readonly defaults?: (object: T) => T;
  /** Before validation of a create: drop what a client may not set. Status is dropped already where there is a status subresource, unless {@link bornWithStatus}. */
  readonly prepareForCreate?: (object: T, context: StrategyContext) => T;
  /** Who creates it says its status as well, although there is a status subresource (`false` when absent): Nodes register like that. */
  readonly bornWithStatus?: boolean;
  /** Before validation of an update of the main resource. Status is kept from `previous` already. */
  readonly prepareForUpdate?: (object: T, previous: T, context: StrategyContext) => T;
  /** Before validation of a status update; everything but status and metadata is kept from `previous` already. */
  readonly prepareForStatusUpdate?: (object: T, previous: T, context: StrategyContext) => T;
  /** Counts `metadata.generation` up when anything but metadata and status changes, or when annotations do as well. */
  readonly generation?: boolean | "with annotations";
  /** Besides what the schema says (required, enums, bounds) and what holds for every object's metadata. */
  readonly validate?: (object: T) => readonly FieldError[];
  /** Besides {@link validate}, for a new object only. */
  readonly validateCreate?: (object: T) => readonly FieldError[];
  /** Besides {@link validate} of the new object. */
  readonly validateUpdate?: (object: T, previous: T) => readonly FieldError[];
  readonly validateStatusUpdate?: (object: T, previous: T) => readonly FieldError[];
  /** Besides the others, what takes long to find out. `previous` is absent for a new object. */
  readonly validateInSteps?: (object: T, previous: T | undefined) => Steps<readonly FieldError[]>;
  /** Sent as `Warning` headers with a create or update. */
  readonly warnings?: (object: T, previous?: T) => readonly string[];
  /** An update without resourceVersion overwrites (`true` when absent); otherwise it is refused. */
  readonly unconditionalUpdate?: boolean;
  /** PUT creates what is not there (Leases, …; `false` when absent). */
  readonly createOnUpdate?: boolean;
  /** What a first deletion does to the object before it is asked whether it can go: a finalizer of the server's own. */
  readonly prepareForDelete?: (object: T, now: Instant) => T;
  /** Graceful deletion: how many seconds, given what was asked (`undefined`: nothing asked). Absent: deleted at once. */
  readonly gracePeriodSeconds?: (object: T, asked: number | undefined) => number;
  /** A deletion answers the object as it was; otherwise a Status that names it (`false` when absent). */
  readonly answersDeleted?: boolean;
  /** Whether the owner's deletion orphans by default (legacy kinds). */
  readonly orphanByDefault?: boolean;
}

export type NameRule = "dnsSubdomain" | "dnsLabel" | "dns1035Label" | "pathSegment";

/** What a strategy may know of the request. */
export interface StrategyContext {
  readonly now: Instant;
  readonly user: UserInfo;
}

/** A kind with what most kinds have: all verbs, no subresources, no extra columns. */
export function defineKind<T extends KubernetesObject>(
  declaration: Pick<Kind<T>, "group" | "version" | "kind" | "resource" | "scope" | "schema"> & Partial<Kind<T>>,
): Kind<T> {
  return {
    singular: declaration.kind.toLowerCase(),
    shortNames: [],
    categories: [],
    verbs: allVerbs,
    subresources: {},
    columns: [],
    selectableFields: {},
    strategy: {},
    ...declaration,
  };
}

export const allVerbs: readonly Verb[] = ["create", "get", "list", "watch", "update", "patch", "delete", "deletecollection"];

/** `v1` or `apps/v1`, as in an object's `apiVersion`. */
export function apiVersionOf({ group, version }: Pick<Kind, "group" | "version">): string {
  return group === "" ? version : `${group}/${version}`;
}

/** The kind of a list of objects of a kind. */
export function listKindOf({ kind, listKind }: Pick<Kind, "kind" | "listKind">): string {
  return listKind ?? `${kind}List`;
}

/** `pods` or `deployments.apps`: the name that quota, RBAC messages and `kubectl` use. */
export function groupResourceOf({ group, resource }: Pick<Kind, "group" | "resource">): string {
  return group === "" ? resource : `${resource}.${group}`;
}
