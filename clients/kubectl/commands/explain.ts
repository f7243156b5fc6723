import type { Command } from "../command-line/command.ts";
import { CommandError } from "../errors.ts";
import { apiVersionOf, type ApiResource, type ApiResources, qualified, splitApiVersion } from "../requests/api-resource.ts";
import type { Connection } from "../requests/connection.ts";
import { explanationOf, subjectOf } from "../schemas/explanation.ts";
import { fieldAt, readSchemas } from "../schemas/schemas.ts";

/** Tells what the fields of a resource are for, from the server's OpenAPI document. */
export const explain: Command = {
  flags: [
    { name: "api-version", takes: "text" },
    { name: "recursive", takes: "nothing" },
    { name: "output", short: "o", takes: "text" },
  ],
  async run({ args, flags, io, connect }) {
    const [asked] = args;
    if (asked === undefined)
      throw new CommandError(
        'You must specify the type of resource to explain. Use "kubectl api-resources" for a complete list of supported resources.',
      );
    if (args.length > 1) throw new CommandError("We accept only this format: explain RESOURCE");
    const output = flags.text("output") ?? "plaintext";
    if (output !== "plaintext") throw new CommandError(`unrecognized format: ${output}`);
    const connection = await connect();
    const { resource, path } = split(await connection.resources(), asked, flags.text("api-version"));
    const schemas = readSchemas(await documentOf(connection, resource));
    io.out(subjectOf(resource));
    io.out(explanationOf(fieldAt(schemas, resource, path), { schemas, isRecursive: flags.is("recursive") }));
  },
};

/** `crontabs.example.com.spec.port` names a resource with its group as well as fields: the longest name that is one counts. */
function split(
  resources: ApiResources,
  asked: string,
  apiVersion: string | undefined,
): { readonly resource: ApiResource; readonly path: readonly string[] } {
  const words = asked.replace(/\.$/, "").split(".");
  for (let length = words.length; length > 1; length--) {
    const name = words.slice(0, length).join(".");
    const resource = resources.all.find((each) => each.group !== "" && qualified(each.resource, each) === name);
    if (resource !== undefined) return { resource: inVersion(resources, resource, apiVersion), path: words.slice(length) };
  }
  return { resource: inVersion(resources, resources.named(words[0]!), apiVersion), path: words.slice(1) };
}

function inVersion({ all }: ApiResources, resource: ApiResource, apiVersion: string | undefined): ApiResource {
  if (apiVersion === undefined) return resource;
  const found = all.find((each) => each.resource === resource.resource && apiVersionOf(each) === apiVersion);
  if (found !== undefined) return found;
  const [group, version] = splitApiVersion(apiVersion);
  throw new CommandError(`couldn't find resource for "${group}/${version}, Resource=${resource.resource}"`);
}

async function documentOf({ api }: Connection, resource: ApiResource): Promise<unknown> {
  const root = resource.group === "" ? "api" : "apis";
  return await api.request({ method: "GET", path: `/openapi/v3/${root}/${apiVersionOf(resource)}` });
}
