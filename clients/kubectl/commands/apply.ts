import { isStatus, type SchemaNode } from "@kubets/machinery";
import type { Command, Invocation } from "../command-line/command.ts";
import { CommandError, sayError, SaidError, whileDoing } from "../errors.ts";
import type { JsonObject } from "../json-object.ts";
import { loadManifests, type ManifestObject, manifestFlags } from "../manifests/load.ts";
import { createThreeWayPatch } from "../patches/three-way.ts";
import { objectPrinter, printerFlags } from "../printers/object-printer.ts";
import { objectName } from "../requests/api-resource.ts";
import { type Connection, pathOf } from "../requests/connection.ts";
import { type DryRun, dryRunFlag, dryRunOf, dryRunQuery, dryRunSuffix, fieldValidationOf, validateFlag } from "./dry-run.ts";
import { lastApplied, lastAppliedOf, withLastApplied } from "./last-applied.ts";

export const apply: Command = {
  flags: [
    ...printerFlags,
    ...manifestFlags,
    dryRunFlag,
    validateFlag,
    { name: "selector", short: "l", takes: "text" },
    { name: "overwrite", takes: "nothing" },
    { name: "field-manager", takes: "text" },
    { name: "server-side", takes: "nothing" },
    { name: "force-conflicts", takes: "nothing" },
  ],
  async run(invocation) {
    const { flags, io, args } = invocation;
    if (args.length > 0) throw new CommandError(`Unexpected args: [${args.join(" ")}]`);
    const printer = await objectPrinter(flags, io);
    const connection = await invocation.connect();
    const objects = await loadManifests(invocation, connection);
    const applied: JsonObject[] = [];
    let failed = false;
    for (const manifest of objects) {
      try {
        const { outcome, object } = await applyOne(invocation, connection, manifest);
        applied.push(object);
        if (printer === undefined) io.out(`${objectName(manifest.resource, manifest.name)} ${outcome}${dryRunSuffix(dryRunOf(flags))}\n`);
      } catch (error) {
        failed = true;
        io.error(`${sayError(error)}\n`);
      }
    }
    if (printer !== undefined && applied.length > 0) io.out(printer(applied, { asList: objects.length !== 1 }));
    if (failed) throw new SaidError();
  },
};

interface Applied {
  readonly outcome: "created" | "configured" | "unchanged" | "serverside-applied";
  readonly object: JsonObject;
}

async function applyOne(invocation: Invocation, connection: Connection, manifest: ManifestObject): Promise<Applied> {
  const { flags } = invocation;
  if (flags.is("server-side")) return applyOnServer(invocation, connection, manifest);
  const dryRun = dryRunOf(flags);
  const current = await currentOf(connection, manifest);
  const modified = withLastApplied(manifest.object);
  if (current === undefined) return { outcome: "created", object: await create(invocation, connection, manifest, modified) };
  const original = lastAppliedOf(current);
  if (original === undefined) warnOfMissing(invocation, manifest);
  const schema = await schemaOf(manifest);
  const patch = createThreeWayPatch({ original: original ?? {}, modified, current }, schema);
  if (Object.keys(patch).length === 0) return { outcome: "unchanged", object: current };
  if (dryRun === "client") return { outcome: "configured", object: current };
  const object = await connection.api.request({
    method: "PATCH",
    path: pathOf(manifest.resource, manifest.namespace, manifest.name),
    query: { ...writeQuery(invocation), ...dryRunQuery(dryRun) },
    contentType: schema === undefined ? "application/merge-patch+json" : "application/strategic-merge-patch+json",
    body: patch,
  });
  return { outcome: "configured", object };
}

function writeQuery({ flags }: Invocation): Readonly<Record<string, string>> {
  return { fieldManager: flags.text("field-manager") ?? "kubectl-client-side-apply", fieldValidation: fieldValidationOf(flags) };
}

async function currentOf({ api }: Connection, { resource, namespace, name }: ManifestObject): Promise<JsonObject | undefined> {
  if (name === "") throw new CommandError("cannot use generate name with apply");
  try {
    return await api.request({ method: "GET", path: pathOf(resource, namespace, name) });
  } catch (error) {
    if (isStatus(error, "NotFound")) return undefined;
    throw error;
  }
}

async function create(invocation: Invocation, { api }: Connection, manifest: ManifestObject, object: JsonObject): Promise<JsonObject> {
  const dryRun: DryRun = dryRunOf(invocation.flags);
  if (dryRun === "client") return object;
  try {
    return await api.request({
      method: "POST",
      path: pathOf(manifest.resource, manifest.namespace),
      query: { ...writeQuery(invocation), ...dryRunQuery(dryRun) },
      body: object,
    });
  } catch (error) {
    throw whileDoing(error, `creating "${manifest.source}"`);
  }
}

async function applyOnServer(
  { flags }: Invocation,
  { api }: Connection,
  { resource, namespace, name, object }: ManifestObject,
): Promise<Applied> {
  const answer = await api.request({
    method: "PATCH",
    path: pathOf(resource, namespace, name),
    query: {
      fieldManager: flags.text("field-manager") ?? "kubectl",
      fieldValidation: fieldValidationOf(flags),
      force: String(flags.is("force-conflicts")),
      ...dryRunQuery(dryRunOf(flags)),
    },
    contentType: "application/apply-patch+yaml",
    body: object,
  });
  return { outcome: "serverside-applied", object: answer };
}

/** The schema of a built-in kind, by which its lists are merged; undefined for custom resources. */
async function schemaOf({ resource }: ManifestObject): Promise<SchemaNode | undefined> {
  const { kinds } = await import("@kubets/api");
  const { group, version, kind } = resource;
  return kinds.find((each) => each.group === group && each.version === version && each.kind === kind)?.schema.node;
}

function warnOfMissing({ io }: Invocation, { resource, name }: ManifestObject): void {
  io.error(
    `Warning: resource ${resource.resource}/${name} is missing the ${lastApplied} annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.\n`,
  );
}
