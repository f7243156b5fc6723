import { isStatus } from "@kubets/machinery";
import type { Invocation } from "../command-line/command.ts";
import { CommandError, whileDoing } from "../errors.ts";
import { type JsonObject, objectAt, withMetadata } from "../json-object.ts";
import type { ManifestObject } from "../manifests/load.ts";
import { createObjectPatch } from "../patches/object-patch.ts";
import { type Connection, pathOf } from "../requests/connection.ts";
import { type DryRun, dryRunQuery, fieldValidationOf } from "./dry-run.ts";
import { lastAppliedOf, withLastApplied } from "./last-applied.ts";

/** The flags that say how objects are applied, besides how much of it really happens. */
export const applyFlags = [
  { name: "field-manager", takes: "text" },
  { name: "server-side", takes: "nothing" },
  { name: "force-conflicts", takes: "nothing" },
] as const;

export interface Applied {
  readonly outcome: "created" | "configured" | "unchanged" | "serverside-applied";
  readonly object: JsonObject;
}

/** How one object is applied. */
export interface Application {
  readonly manifest: ManifestObject;
  /** As it is now; undefined where it isn't there. */
  readonly current: JsonObject | undefined;
  readonly dryRun: DryRun;
  /** Whether the object is to say itself what it was applied as. */
  readonly isRemembered: boolean;
}

/** Applies one object, by a patch of our own making or, with `--server-side`, by the server's. */
export async function applyObject(invocation: Invocation, connection: Connection, application: Application): Promise<Applied> {
  const { manifest, current, dryRun, isRemembered } = application;
  if (invocation.flags.is("server-side")) return applyOnServer(invocation, connection, application);
  const modified = isRemembered ? withLastApplied(manifest.object) : withAnnotations(manifest.object);
  if (current === undefined) return { outcome: "created", object: await create(invocation, connection, application, modified) };
  const patch = await createObjectPatch(manifest.resource, { original: lastAppliedOf(current) ?? {}, modified, current });
  if (Object.keys(patch.body).length === 0) return { outcome: "unchanged", object: current };
  if (dryRun === "client") return { outcome: "configured", object: current };
  const object = await connection.api.request({
    method: "PATCH",
    path: pathOf(manifest.resource, manifest.namespace, manifest.name),
    query: { ...writeQuery(invocation), ...dryRunQuery(dryRun) },
    ...patch,
  });
  return { outcome: "configured", object };
}

/** What was applied last always has annotations: they are not to go where none are given. */
function withAnnotations(object: JsonObject): JsonObject {
  return withMetadata(object, { annotations: objectAt(object, "metadata", "annotations") });
}

function writeQuery({ flags }: Invocation): Readonly<Record<string, string>> {
  return { fieldManager: flags.text("field-manager") ?? "kubectl-client-side-apply", fieldValidation: fieldValidationOf(flags) };
}

/** The object of a manifest as it is in the cluster. */
export async function currentOf({ api }: Connection, { resource, namespace, name }: ManifestObject): Promise<JsonObject | undefined> {
  if (name === "") throw new CommandError("cannot use generate name with apply");
  try {
    return await api.request({ method: "GET", path: pathOf(resource, namespace, name) });
  } catch (error) {
    if (isStatus(error, "NotFound")) return undefined;
    throw error;
  }
}

async function create(
  invocation: Invocation,
  { api }: Connection,
  { manifest: { resource, namespace, source }, dryRun }: Application,
  object: JsonObject,
): Promise<JsonObject> {
  if (dryRun === "client") return object;
  try {
    return await api.request({
      method: "POST",
      path: pathOf(resource, namespace),
      query: { ...writeQuery(invocation), ...dryRunQuery(dryRun) },
      body: object,
    });
  } catch (error) {
    throw whileDoing(error, `creating "${source}"`);
  }
}

async function applyOnServer(
  { flags }: Invocation,
  { api }: Connection,
  { manifest: { resource, namespace, name, object }, dryRun }: Application,
): Promise<Applied> {
  const answer = await api.request({
    method: "PATCH",
    path: pathOf(resource, namespace, name),
    query: {
      fieldManager: flags.text("field-manager") ?? "kubectl",
      fieldValidation: fieldValidationOf(flags),
      force: String(flags.is("force-conflicts")),
      ...dryRunQuery(dryRun),
    },
    contentType: "application/apply-patch+yaml",
    body: object,
  });
  return { outcome: "serverside-applied", object: answer };
}
