import { type Kind, notAcceptable, type Request, unsupportedMediaType } from "@kubets/machinery";

export type MediaType = "application/json" | "application/yaml" | "application/vnd.kubernetes.protobuf" | "application/cbor";

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

/** What an endpoint can answer besides the plain form in JSON, YAML and CBOR. */
export interface Answerable {
  readonly table: boolean;
  readonly metadata: boolean;
  /** What it answers has a protobuf form. */
  readonly protobuf: boolean;
  /** It answers a stream of events, which has no form in YAML. */
  readonly isWatch?: boolean;
}

/** Chooses how to answer by the `Accept` header. Who accepts nothing that is served gets `NotAcceptable`. */
export function negotiate(request: Request, query: URLSearchParams, answerable: Answerable): Accepted {
  const header = request.headers.accept;
  const pretty = wantsPretty(request, query);
  if (header === undefined || header === "") return pretty ? { ...plainJson, pretty } : plainJson;
  if (header === "application/json") return pretty ? { ...plainJson, pretty } : plainJson;
  for (const clause of clausesOf(header)) {
    const accepted = accept(clause, answerable);
    if (accepted !== undefined) return { ...accepted, pretty: accepted.pretty || pretty };
  }
  throw notAcceptable(everyMediaType.filter((mediaType) => isServed(mediaType, full, answerable)));
}

const everyMediaType: readonly MediaType[] = [
  "application/json",
  "application/yaml",
  "application/vnd.kubernetes.protobuf",
  "application/cbor",
];

function isServed(mediaType: MediaType, { form }: Projection, { protobuf, isWatch = false }: Answerable): boolean {
  switch (mediaType) {
    case "application/json":
      return true;
    case "application/yaml":
      return !isWatch;
    case "application/cbor":
      return form !== "Table";
    case "application/vnd.kubernetes.protobuf":
      // Metadata looks the same for all kinds; a Table has no message.
      return form === "metadata" || (form === "full" && protobuf);
  }
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

function accept({ type, parameters }: Clause, answerable: Answerable): Accepted | undefined {
  const mediaType = mediaTypeOf(type);
  if (mediaType === undefined) return undefined;
  if (parameters.stream !== undefined && parameters.stream !== "" && parameters.stream !== "watch") return undefined;
  const projection = projectionOf(parameters, answerable);
  if (projection === undefined || !isServed(mediaType, projection, answerable)) return undefined;
  return { mediaType, projection, pretty: parameters.pretty === "1" };
}

function mediaTypeOf(type: string): MediaType | undefined {
  if (type === "*/*" || type === "application/*") return "application/json";
  return everyMediaType.find((mediaType) => mediaType === type);
}

function projectionOf({ as, g = "", v = "" }: Readonly<Record<string, string>>, { table, metadata }: Answerable): Projection | undefined {
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

/** What objects may be sent as. */
export const objectMediaTypes = [
  "application/json",
  "application/yaml",
  "application/vnd.kubernetes.protobuf",
  "application/cbor",
] as const;
/** Kinds that are declared at run time have no protobuf. */
export const customMediaTypes: readonly ObjectMediaType[] = objectMediaTypes.filter((type) => !type.includes("protobuf"));
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
export function patchTypeOf(request: Request, kind?: Pick<Kind, "values">): PatchMediaType | ApplyMediaType {
  // A strategic merge needs merge keys, which only kinds of the program have.
  const supported = kind?.values === undefined ? everyPatch : everyPatch.filter((type) => !type.includes("strategic"));
  if (request.headers["content-type"] === undefined) throw unsupportedMediaType("", supported);
  return contentTypeOf(request, supported);
}

export function isApply(type: PatchMediaType | ApplyMediaType): type is ApplyMediaType {
  return (applyMediaTypes as readonly string[]).includes(type);
}
