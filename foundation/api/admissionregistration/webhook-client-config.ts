import {
  type Base64,
  bytes,
  type defaulted,
  field,
  type FieldError,
  integer,
  invalid,
  isDnsSubdomain,
  isPortNumber,
  object,
  required,
  type Schema,
  struct,
  text,
} from "@kubets/machinery";

/** How to reach a webhook: by URL, or as a Service. */
export interface AdmissionregistrationV1WebhookClientConfig {
  readonly url?: string;
  readonly service?: AdmissionregistrationV1ServiceReference;
  readonly caBundle?: Base64;
}

/** A path on a port of a Service. */
export interface AdmissionregistrationV1ServiceReference {
  readonly [defaulted]?: "port";
  readonly namespace: string;
  readonly name: string;
  readonly path?: string;
  readonly port: number;
}

const serviceReference: Schema<AdmissionregistrationV1ServiceReference> = object<AdmissionregistrationV1ServiceReference>(
  "io.k8s.api.admissionregistration.v1.ServiceReference",
  "A path on a port of a Service.",
  {
    namespace: text({ field: 1, required: true, doc: "The Service's namespace." }),
    name: text({ field: 2, required: true, doc: "The Service's name." }),
    path: text({ field: 3, presence: "pointer", doc: "The path of the requests." }),
    port: integer({ field: 4, presence: "pointer", default: 443, doc: "The port." }),
  },
);

export const webhookClientConfig: Schema<AdmissionregistrationV1WebhookClientConfig> = object<AdmissionregistrationV1WebhookClientConfig>(
  "io.k8s.api.admissionregistration.v1.WebhookClientConfig",
  "How to reach a webhook: by URL, or as a Service.",
  {
    url: text({ field: 3, presence: "pointer", doc: "Its https URL, without user, query or fragment; not together with service." }),
    service: struct(serviceReference, { field: 1, presence: "pointer", doc: "Its Service." }),
    caBundle: field(bytes, {
      field: 2,
      doc: "Certificates in PEM, by which its own is checked; those of the system where none are given.",
    }),
  },
);

export function validateClientConfig({ url, service }: AdmissionregistrationV1WebhookClientConfig, hook: string): readonly FieldError[] {
  const at = `${hook}.clientConfig`;
  if ((url === undefined) === (service === undefined)) return [required(at, "exactly one of url or service is required")];
  if (url !== undefined) return validateUrl(url, `${at}.url`);
  return service === undefined ? [] : validateService(service, `${at}.service`);
}

const form = "; desired format: https://host[/path]";

function validateUrl(text: string, at: string): readonly FieldError[] {
  const [, scheme = "", rest = ""] = /^([a-z][a-z0-9+.-]*):(.*)$/is.exec(text) ?? [undefined, "", text];
  const [, authority = "", query, fragment] = /^\/\/([^/?#]*)[^?#]*(\?[^#]*)?(#.*)?$/.exec(rest) ?? [];
  const userEnd = authority.lastIndexOf("@");
  const host = authority.slice(userEnd + 1);
  return [
    ...(scheme.toLowerCase() === "https" ? [] : [invalid(at, scheme, `'https' is the only allowed URL scheme${form}`)]),
    ...(host === "" ? [invalid(at, host, `host must be specified${form}`)] : []),
    ...(userEnd >= 0 ? [invalid(at, authority.slice(0, userEnd), "user information is not permitted in the URL")] : []),
    ...(fragment === undefined || fragment === "#" ? [] : [invalid(at, fragment.slice(1), "fragments are not permitted in the URL")]),
    ...(query === undefined || query === "?" ? [] : [invalid(at, query.slice(1), "query parameters are not permitted in the URL")]),
  ];
}

function validateService({ path: urlPath, port }: AdmissionregistrationV1ServiceReference, at: string): readonly FieldError[] {
  const problems = isPortNumber(port);
  return [
    ...(problems.length === 0 ? [] : [invalid(`${at}.port`, port, `port is not valid: ${problems.join(", ")}`)]),
    ...(urlPath === undefined ? [] : validateUrlPath(urlPath, `${at}.path`)),
  ];
}

function validateUrlPath(text: string, at: string): readonly FieldError[] {
  if (text === "" || text === "/") return [];
  if (text === "//") return [invalid(at, text, "segment[0] may not be empty")];
  const segments = text.slice(1).replace(/\/$/, "").split("/");
  return [
    ...(text.startsWith("/") ? [] : [invalid(at, text, "must start with a '/'")]),
    ...segments.flatMap((segment, index) =>
      segment === ""
        ? [invalid(at, text, `segment[${index}] may not be empty`)]
        : isDnsSubdomain(segment).map((message) => invalid(at, text, `segment[${index}]: ${message}`)),
    ),
  ];
}
