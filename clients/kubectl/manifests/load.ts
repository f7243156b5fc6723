import { parseYamlDocuments } from "@kubets/machinery";
import type { Flag, FlagValues } from "../command-line/flags.ts";
import type { Invocation, Io } from "../command-line/command.ts";
import { CommandError } from "../errors.ts";
import { isJsonObject, type JsonObject, listAt, nameOf, namespaceOf, textAt, withMetadata } from "../json-object.ts";
import { type ApiResource, splitApiVersion } from "../requests/api-resource.ts";
import type { Connection } from "../requests/connection.ts";

/** An object of a manifest, with its place in the cluster. */
export interface ManifestObject {
  readonly resource: ApiResource;
  /** Empty when the server is to make it from `generateName`. */
  readonly name: string;
  /** Empty for a resource of the whole cluster. */
  readonly namespace: string;
  readonly object: JsonObject;
  /** The file it stands in, as messages name it. */
  readonly source: string;
}

/** The flags of the commands that read files alone. */
export const fileFlags: readonly Flag[] = [
  { name: "filename", short: "f", takes: "texts" },
  { name: "recursive", short: "R", takes: "nothing" },
];

/** Those of the others, which read kustomizations too. */
export const manifestFlags: readonly Flag[] = [...fileFlags, { name: "kustomize", short: "k", takes: "text" }];

/** Whether the command line names manifests, by `-f` or `-k`. */
export function namesManifests(flags: FlagValues): boolean {
  return flags.has("filename") || flags.has("kustomize");
}

/**
 * Reads the objects of `-f`: files, folders of them, URLs or `-` for standard input; or those that the kustomization of `-k` makes.
 * Lists stand for their items; each object without a namespace gets that of the command line.
 */
export async function loadManifests({ flags, io }: Invocation, connection: Connection): Promise<readonly ManifestObject[]> {
  if (!namesManifests(flags)) throw new CommandError("must specify one of -f and -k");
  if (flags.has("filename") && flags.has("kustomize")) throw new CommandError("only one of -f or -k can be specified");
  if (flags.has("kustomize") && flags.is("recursive")) throw new CommandError("the -k flag can't be used with -f or -R");
  const objects = flags.has("kustomize")
    ? await kustomized(flags.text("kustomize")!, io, connection)
    : await objectsOfFiles({ flags, io }, connection);
  if (objects.length === 0) throw new CommandError("no objects passed to the command");
  return objects;
}

async function kustomized(path: string, io: Io, connection: Connection): Promise<readonly ManifestObject[]> {
  const { buildKustomization } = await import("../kustomize/build.ts");
  const made = await buildKustomization(path, { files: io.kustomizationFiles, warn: (text) => io.error(`${text}\n`) });
  const resources = await connection.resources();
  return made.map((object) => place(object, path, connection, resources.ofKind(apiVersionOf(object), textAt(object, "kind"))));
}

async function objectsOfFiles({ flags, io }: Pick<Invocation, "flags" | "io">, connection: Connection): Promise<readonly ManifestObject[]> {
  const resources = await connection.resources();
  const objects: ManifestObject[] = [];
  for (const source of flags.texts("filename")) {
    const paths = source === "-" ? undefined : await io.manifestsIn(source, { recursive: flags.is("recursive") });
    for (const path of paths ?? [source]) {
      const text = path === "-" ? await readAll(io.input) : await io.readFile(path);
      for (const { value } of parseYamlDocuments(text)) {
        for (const object of itemsOf(value, path))
          objects.push(place(object, path, connection, resources.ofKind(apiVersionOf(object), textAt(object, "kind"))));
      }
    }
  }
  return objects;
}

const apiVersionOf = (object: JsonObject): string => textAt(object, "apiVersion");

function itemsOf(value: unknown, source: string): readonly JsonObject[] {
  if (!isJsonObject(value)) throw new CommandError(`error parsing ${shown(source)}: expected an object`);
  if (textAt(value, "kind") === "")
    throw new CommandError(`unable to decode "${shown(source)}": Object 'Kind' is missing in '${JSON.stringify(value)}'`);
  if (Array.isArray(value["items"]) && textAt(value, "kind").endsWith("List"))
    return listAt(value, "items").flatMap((item) => itemsOf(item, source));
  return [value];
}

function place(object: JsonObject, source: string, connection: Connection, resource: ApiResource | undefined): ManifestObject {
  if (resource === undefined) {
    const [group, version] = splitApiVersion(apiVersionOf(object));
    const kind = textAt(object, "kind");
    const where = group === "" ? version : `${group}/${version}`;
    throw new CommandError(
      `resource mapping not found for name: "${nameOf(object)}" namespace: "${namespaceOf(object)}" from "${shown(source)}": no matches for kind "${kind}" in version "${where}"\nensure CRDs are installed first`,
    );
  }
  const given = namespaceOf(object);
  if (!resource.namespaced) return { resource, name: nameOf(object), namespace: "", object, source: shown(source) };
  if (given !== "" && connection.namespaceGiven && given !== connection.namespace)
    throw new CommandError(
      `the namespace from the provided object "${given}" does not match the namespace "${connection.namespace}". You must pass '--namespace=${given}' to perform this operation.`,
    );
  const namespace = given === "" ? connection.namespace : given;
  return { resource, name: nameOf(object), namespace, object: withMetadata(object, { namespace }), source: shown(source) };
}

const shown = (source: string): string => (source === "-" ? "STDIN" : source);

async function readAll(input: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of input) text += decoder.decode(bytes, { stream: true });
  return text + decoder.decode();
}
