import { formatYaml } from "@kubets/machinery";
import type { Command, ComparedFile, Invocation } from "../command-line/command.ts";
import { CommandError, sayError, SaidError } from "../errors.ts";
import { type JsonObject, objectAt, textAt, withMetadata } from "../json-object.ts";
import { loadManifests, type ManifestObject, manifestFlags } from "../manifests/load.ts";
import type { Connection } from "../requests/connection.ts";
import { applyFlags, applyObject, currentOf } from "./apply-object.ts";

/** Shows what `apply` would change: the server is asked what would be, and changes nothing. */
export const diff: Command = {
  flags: [...manifestFlags, ...applyFlags, { name: "show-managed-fields", takes: "nothing" }],
  async run(invocation) {
    const { io, args } = invocation;
    try {
      if (args.length > 0) throw new CommandError(`Unexpected args: [${args.join(" ")}]`);
      const connection = await invocation.connect();
      const files: ComparedFile[] = [];
      for (const manifest of await loadManifests(invocation, connection)) files.push(await comparedFile(invocation, connection, manifest));
      const { output, errors, exitCode } = await io.compare(files);
      io.out(output);
      io.error(errors);
      if (exitCode > 1) throw new CommandError(`exit status ${exitCode}`);
      if (exitCode === 1) throw new SaidError();
    } catch (error) {
      if (error instanceof SaidError) throw error;
      // 1 means that something would change.
      io.error(`${sayError(error)}\n`);
      throw new SaidError(2);
    }
  },
};

async function comparedFile(invocation: Invocation, connection: Connection, manifest: ManifestObject): Promise<ComparedFile> {
  const current = await currentOf(connection, manifest);
  const { object } = await applyObject(invocation, connection, { manifest, current, dryRun: "server", isRemembered: false });
  const { group, version, kind } = manifest.resource;
  const { live, merged } = withoutSecrets({ live: current, merged: object });
  const text = (shown: JsonObject | undefined): string | undefined =>
    shown && formatYaml(invocation.flags.is("show-managed-fields") ? shown : withMetadata(shown, { managedFields: undefined }));
  return {
    name: [...(group === "" ? [] : [group]), version, kind, manifest.namespace, manifest.name].join("."),
    live: text(live),
    merged: text(merged),
  };
}

interface Sides {
  readonly live: JsonObject | undefined;
  readonly merged: JsonObject;
}

/** What a Secret holds is not shown, only whether it would change. */
function withoutSecrets({ live, merged }: Sides): Sides {
  if (textAt(merged, "kind") !== "Secret" || textAt(merged, "apiVersion") !== "v1") return { live, merged };
  const [before, after] = [live === undefined ? {} : objectAt(live, "data"), objectAt(merged, "data")];
  const masked = (own: JsonObject, other: JsonObject, side: string): JsonObject =>
    Object.fromEntries(
      Object.keys(own).map((key) => [key, Object.hasOwn(other, key) && own[key] !== other[key] ? `*** (${side})` : "***"]),
    );
  const withData = (object: JsonObject, data: JsonObject): JsonObject => (Object.hasOwn(object, "data") ? { ...object, data } : object);
  return {
    live: live && withData(live, masked(before, after, "before")),
    merged: withData(merged, masked(after, before, "after")),
  };
}
