import {
  badRequest,
  type Instant,
  type KubernetesObject,
  type ParsedJson,
  parseCbor,
  parseJson,
  parseYaml,
  type StatusError,
  type Steps,
  type YamlReader,
} from "@kubets/machinery";
import { bodyOf, decodeAs, deepest, judge } from "../request/body.ts";
import type { ApplyMediaType } from "../request/content.ts";
import type { WriteOptions } from "../request/query.ts";
import type { RequestContext } from "../contracts.ts";
import type { CachedObject } from "../watch-cache/cached-object.ts";
import type { Proposal } from "./bracket.ts";
import type { Resource } from "./resource.ts";

/** A configuration: some fields of an object, as whoever applies it wants them. */
export type Configuration = Readonly<Record<string, unknown>>;

/** Reads the configuration in the body of an apply. Fields that stand there twice are judged as `fieldValidation` asks. */
export async function readConfiguration(
  { request, warn }: RequestContext,
  {
    type,
    options: { fieldValidation },
    readYaml,
  }: {
    readonly type: ApplyMediaType;
    readonly options: WriteOptions;
    readonly readYaml?: YamlReader | undefined;
  },
): Promise<Configuration> {
  const { value, duplicates } = await parse(bodyOf(request), type, readYaml);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw badRequest("error decoding YAML: json: cannot unmarshal into Go value of type map[string]interface {}");
  }
  const refuse = (problem: string): StatusError =>
    badRequest(`error strict decoding YAML: ${problem.replace(/^strict decoding error: /, "")}`);
  judge(duplicates, fieldValidation, { warn, refuse });
  return value as Configuration;
}

async function parse(body: Uint8Array, type: ApplyMediaType, readYaml: YamlReader | undefined): Promise<ParsedJson> {
  try {
    if (type === "application/apply-patch+yaml")
      return parseJsonQuickly(body) ?? (await (readYaml ?? parseYaml)(body, { maxDepth: deepest }));
    return { value: parseCbor(body, { maxDepth: deepest }), duplicates: [] };
  } catch (error) {
    throw badRequest(`error decoding YAML: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/**
 * Most clients write JSON, which is YAML too, and reading it as that takes ten times as long. `undefined` for what isn't JSON or has fields twice,
 * which YAML has its own words for.
 */
function parseJsonQuickly(body: Uint8Array): ParsedJson | undefined {
  if (body[0] !== openingBrace) return undefined;
  try {
    const { value, duplicates } = parseJson(body, { maxDepth: deepest, findDuplicates: true });
    return duplicates.length === 0 ? { value, duplicates } : undefined;
  } catch {
    return undefined;
  }
}

const openingBrace = 0x7b;

/** What an apply proposes, given the object that is there, or none. */
export function applied(
  { kind, fieldManager }: Resource,
  config: Configuration,
  {
    manager,
    force,
    subresource,
    now,
  }: { readonly manager: string; readonly force: boolean; readonly subresource: string; readonly now: Instant },
): (current: CachedObject | undefined) => Steps<Proposal> {
  return (current) =>
    fieldManager(subresource).apply(current?.plain, config, {
      manager,
      force,
      now,
      decode: (value): KubernetesObject => decodeAs(kind, value).object,
    });
}
