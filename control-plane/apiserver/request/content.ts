import { notAcceptable, type Request, StatusError, unsupportedMediaType } from "@kubets/machinery";

export type MediaType = "application/json" | "application/yaml";

/** What of an object an answer shows. */
export type Projection =
  | { readonly form: "full" }
  | { readonly form: "Table"; readonly version: "v1" | "v1beta1" }
  | { readonly form: "metadata"; readonly version: "v1" | "v1beta1" };

/** How an answer is written. */
export interface Accepted {
  readonly mediaType: MediaType;
  readonly projection: Projection;
  readonly pretty: boolean;
}

const full: Projection = { form: "full" };
const plainJson: Accepted = { mediaType: "application/json", projection: full, pretty: false };
const served: readonly MediaType[] = ["application/json", "application/yaml"];

/** What an endpoint can answer besides the plain form. */
export interface Transformations {
  readonly table: boolean;
  readonly metadata: boolean;
}

/**
 * Chooses how to answer by the `Accept` header. Clients that prefer protobuf or CBOR name JSON as well and get that;
 * who accepts nothing that is served gets `NotAcceptable`.
 */
export function negotiate(request: Request, query: URLSearchParams, transformations: Transformations): Accepted {
  const header = request.headers.accept;
  const pretty = wantsPretty(request, query);
  if (header === undefined || header === "") return pretty ? { ...plainJson, pretty } : plainJson;
  if (header === "application/json") return pretty ? { ...plainJson, pretty } : plainJson;
  for (const clause of clausesOf(header)) {
    const accepted = accept(clause, transformations);
    if (accepted !== undefined) return { ...accepted, pretty: accepted.pretty || pretty };
  }
  throw notAcceptable(served);
}

interface Clause {
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly quality: number;
}

function clausesOf(header: string): readonly Clause[] {
  const clauses = header.split(",").flatMap((text): readonly Clause[] => {
    const [type = "", ...rest] = text.split(";").map((part) => part.trim());
    const parameters: Record<string, string> = {};
    for (const each of rest) {
      const equals = each.indexOf("=");
      if (equals > 0) parameters[each.slice(0, equals).trim().toLowerCase()] = each.slice(equals + 1).trim();
    }
    const quality = parameters.q === undefined ? 1 : Number(parameters.q);
    return type === "" || Number.isNaN(quality) || quality === 0 ? [] : [{ type: type.toLowerCase(), parameters, quality }];
  });
  // Stable: clauses of equal quality keep their order.
  return clauses.sort((a, b) => b.quality - a.quality);
}

function accept({ type, parameters }: Clause, transformations: Transformations): Accepted | undefined {
  const mediaType = mediaTypeOf(type);
  if (mediaType === undefined) return undefined;
  if (parameters.stream !== undefined && parameters.stream !== "" && parameters.stream !== "watch") return undefined;
  const projection = projectionOf(parameters, transformations);
  return projection === undefined ? undefined : { mediaType, projection, pretty: parameters.pretty === "1" };
}

function mediaTypeOf(type: string): MediaType | undefined {
  if (type === "*/*" || type === "application/*" || type === "application/json") return "application/json";
  return type === "application/yaml" ? "application/yaml" : undefined;
}

function projectionOf(
  { as, g = "", v = "" }: Readonly<Record<string, string>>,
  { table, metadata }: Transformations,
): Projection | undefined {
  if (as === undefined && g === "" && v === "") return full;
  if (g !== "meta.k8s.io" || (v !== "v1" && v !== "v1beta1")) return undefined;
  switch (as) {
    case "Table":
      return table ? { form: "Table", version: v } : undefined;
    case "PartialObjectMetadata":
    case "PartialObjectMetadataList":
      return metadata ? { form: "metadata", version: v } : undefined;
    default:
      return undefined;
  }
}

function wantsPretty({ headers }: Request, query: URLSearchParams): boolean {
  const asked = query.get("pretty");
  if (asked !== null && asked !== "") return ["1", "t", "T", "true", "TRUE", "True"].includes(asked);
  const agent = headers["user-agent"];
  return agent !== undefined && /^(?:curl|Wget|Mozilla\/5\.0)/.test(agent);
}

/** The media type of a request's body; JSON when it doesn't say. Throws `UnsupportedMediaType` when it isn't one of `supported`. */
export function contentTypeOf<T extends string>({ headers }: Request, supported: readonly T[]): T {
  const header = headers["content-type"];
  if (header === undefined || header === "") return supported[0]!;
  const semicolon = header.indexOf(";");
  const type = (semicolon < 0 ? header : header.slice(0, semicolon)).trim().toLowerCase();
  const match = supported.find((each) => each === type);
  if (match === undefined) throw unsupportedMediaType(type, supported);
  return match;
}

/** What objects may be sent as: also protobuf, which clients written in Go send without asking. */
export const objectMediaTypes = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"] as const;
export type ObjectMediaType = (typeof objectMediaTypes)[number];

export const patchMediaTypes = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
] as const;
export type PatchMediaType = (typeof patchMediaTypes)[number];

/** A configuration to apply, which is written in YAML (JSON is YAML as well) or CBOR. */
export const applyMediaTypes = ["application/apply-patch+yaml", "application/apply-patch+cbor"] as const;
export type ApplyMediaType = (typeof applyMediaTypes)[number];

const everyPatch = [...patchMediaTypes, ...applyMediaTypes] as const;

/** Unlike other requests, a patch must say what it is. */
export function patchTypeOf(request: Request): PatchMediaType | ApplyMediaType {
  if (request.headers["content-type"] === undefined) throw unsupportedMediaType("", everyPatch);
  return contentTypeOf(request, everyPatch);
}

export function isApply(type: PatchMediaType | ApplyMediaType): type is ApplyMediaType {
  return (applyMediaTypes as readonly string[]).includes(type);
}

/** No media type that the client accepts can carry the projection it asks for. */
export function cannotProject(to: string): StatusError {
  return new StatusError(
    406,
    "NotAcceptable",
    `only the following media types are accepted when converting to ${to}: application/json, application/yaml`,
  );
}
