import { type FieldError, forbidden, invalid, isDns1035Label, isDnsLabel, notSupported, required } from "@kubets/machinery";
import type { ConversionClientConfig, CustomResourceConversion, CustomResourceDefinitionSpec } from "./custom-resource-definition.ts";
import type { Tolerance } from "./tolerance.ts";

const reviewVersions = ["v1", "v1beta1"];

/** What is wrong with how objects become objects of other versions. */
export function validateConversion(
  { strategy, webhook }: CustomResourceConversion,
  { preserveUnknownFields = false }: CustomResourceDefinitionSpec,
  tolerance: Tolerance,
): readonly FieldError[] {
  const path = "spec.conversion";
  const errors: FieldError[] = [];
  if (strategy !== "None" && preserveUnknownFields)
    errors.push(invalid(`${path}.strategy`, strategy, "must be None if spec.preserveUnknownFields is true"));
  if (strategy === "") errors.push(required(`${path}.strategy`));
  else if (strategy !== "None" && strategy !== "Webhook") errors.push(notSupported(`${path}.strategy`, strategy, ["None", "Webhook"]));
  const config = webhook?.clientConfig;
  const versions = webhook?.conversionReviewVersions ?? [];
  if (strategy !== "Webhook") {
    if (config !== undefined) errors.push(forbidden(`${path}.webhookClientConfig`, notForNone));
    if (versions.length > 0) errors.push(forbidden(`${path}.conversionReviewVersions`, notForNone));
    return errors;
  }
  errors.push(
    ...(config === undefined
      ? [required(`${path}.webhookClientConfig`, "required when strategy is set to Webhook")]
      : validateClientConfig(config, `${path}.webhookClientConfig`)),
    ...validateReviewVersions(versions, `${path}.conversionReviewVersions`, tolerance.unknownReviewVersions === true),
  );
  return errors;
}

const notForNone = "should not be set when strategy is not set to Webhook";

function validateClientConfig({ url, service }: ConversionClientConfig, path: string): readonly FieldError[] {
  if ((url === undefined) === (service === undefined)) return [required(path, "exactly one of url or service is required")];
  if (url !== undefined) return validateUrl(url, `${path}.url`);
  const { name, namespace, path: urlPath, port } = service!;
  return [
    ...(name === "" ? [required(`${path}.service.name`, "service name is required")] : []),
    ...(namespace === "" ? [required(`${path}.service.namespace`, "service namespace is required")] : []),
    ...(port === undefined || (port >= 1 && port <= 65_535)
      ? []
      : [invalid(`${path}.service.port`, port, "port is not valid: must be between 1 and 65535, inclusive")]),
    ...(urlPath === undefined ? [] : validateUrlPath(urlPath, `${path}.service.path`)),
  ];
}

const urlForm = "desired format: https://host[/path]";

function validateUrl(text: string, path: string): readonly FieldError[] {
  const match =
    /^(?:(?<scheme>[a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/(?:(?<user>[^@/?#]*)@)?(?<host>[^/?#]*))?[^?#]*(?<query>\?[^#]*)?(?<fragment>#.*)?$/.exec(
      text,
    );
  if (match?.groups === undefined) return [required(path, `url must be a valid URL: ${urlForm}`)];
  const { scheme = "", user, host = "", query, fragment } = match.groups;
  return [
    ...(scheme === "https" ? [] : [invalid(path, scheme, `'https' is the only allowed URL scheme; ${urlForm}`)]),
    ...(host === "" ? [invalid(path, host, `host must be specified; ${urlForm}`)] : []),
    ...(user === undefined ? [] : [invalid(path, user, "user information is not permitted in the URL")]),
    ...(fragment === undefined || fragment === "#" ? [] : [invalid(path, fragment.slice(1), "fragments are not permitted in the URL")]),
    ...(query === undefined || query === "?" ? [] : [invalid(path, query.slice(1), "query parameters are not permitted in the URL")]),
  ];
}

function validateUrlPath(text: string, path: string): readonly FieldError[] {
  if (text === "/" || text === "") return [];
  if (text === "//") return [invalid(path, text, "segment[0] may not be empty")];
  if (!text.startsWith("/")) return [invalid(path, text, "must start with a '/'")];
  const inner = text.endsWith("/") ? text.slice(1, -1) : text.slice(1);
  return inner.split("/").flatMap((segment, index) => {
    if (segment === "") return [invalid(path, text, `segment[${index}] may not be empty`)];
    return isDnsLabel(segment).length === 0
      ? []
      : segment.split(".").every((part) => isDnsLabel(part).length === 0)
        ? []
        : [invalid(path, text, `segment[${index}]: ${isDnsLabel(segment).join(",")}`)];
  });
}

function validateReviewVersions(versions: readonly string[], path: string, mayBeUnknown: boolean): readonly FieldError[] {
  if (versions.length === 0) return [required(path)];
  return [
    ...versions.flatMap((version, index) =>
      versions.indexOf(version) < index
        ? [invalid(`${path}[${index}]`, version, "duplicate version")]
        : isDns1035Label(version).map((problem) => invalid(`${path}[${index}]`, version, problem)),
    ),
    ...(mayBeUnknown || versions.some((version) => reviewVersions.includes(version))
      ? []
      : [invalid(path, versions, `must include at least one of ${reviewVersions.join(", ")}`)]),
  ];
}
