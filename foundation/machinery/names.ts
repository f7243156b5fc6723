import { byteLength } from "./byte-length.ts";
import type { NameRule } from "./kind.ts";

// Each of these answers what is wrong with a text, in upstream's words: nothing when it is as it should be.

/** RFC 1123 subdomain: the names of most objects. */
export function isDnsSubdomain(text: string): readonly string[] {
  return [...longerThan(253, text), ...unlessMatches(subdomain, text)];
}

/** Lower and upper case alike. */
export function isDnsSubdomainCaseless(text: string): readonly string[] {
  return [...longerThan(253, text), ...unlessMatches(subdomainCaseless, text)];
}

/** RFC 1123 label: the names of namespaces, containers and volumes. */
export function isDnsLabel(text: string): readonly string[] {
  const problems = unlessMatches(label, text);
  const dotted = problems.length > 0 && subdomain.expression.test(text);
  return [...longerThan(63, text), ...(dotted ? ["must not contain dots"] : problems)];
}

/** RFC 1035 label: the names of Services. */
export function isDns1035Label(text: string): readonly string[] {
  return [...longerThan(63, text), ...unlessMatches(label1035, text)];
}

/** `*.` and a subdomain: the hosts of Ingresses. */
export function isWildcardDnsSubdomain(text: string): readonly string[] {
  return [...longerThan(253, text), ...unlessMatches(wildcardSubdomain, text)];
}

/** The key of a label or annotation, a finalizer, the name of a resource: a name with or without a subdomain and `/` before it. */
export function isQualifiedName(text: string): readonly string[] {
  const parts = text.split("/");
  if (parts.length > 2) {
    return [`a valid label key ${texts(keyName)[0]} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  }
  const name = parts.at(-1)!;
  return [...(parts.length === 2 ? prefixProblems(parts[0]!) : []), ...nameProblems(name)];
}

function prefixProblems(prefix: string): readonly string[] {
  if (prefix === "") return [`prefix part ${empty}`];
  return [...longerThan(253, prefix, "bytes"), ...unlessMatches(subdomain, prefix)].map((problem) => `prefix part ${problem}`);
}

function nameProblems(name: string): readonly string[] {
  const problems = name === "" ? [empty] : longerThan(63, name, "bytes");
  return [...problems, ...unlessMatches(keyName, name)].map((problem) => `name part ${problem}`);
}

export function isLabelValue(text: string): readonly string[] {
  return [...longerThan(63, text, "bytes"), ...unlessMatches(labelValue, text)];
}

/** Fit to stand in a path: the names of RBAC objects. */
export function isPathSegment(text: string): readonly string[] {
  if (text === "." || text === "..") return [`may not be '${text}'`];
  return isPathSegmentPrefix(text);
}

function isPathSegmentPrefix(text: string): readonly string[] {
  return ["/", "%"].filter((part) => text.includes(part)).map((part) => `may not contain '${part}'`);
}

/** The name of a port of a container or Service that probes, Services and Ingresses can refer to. */
export function isPortName(text: string): readonly string[] {
  return [
    ...longerThan(15, text),
    ...(/^[-a-z0-9]+$/.test(text) ? [] : ["must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"]),
    ...(/[a-z]/.test(text) ? [] : ["must contain at least one letter (a-z)"]),
    ...(text.includes("--") ? ["must not contain consecutive hyphens"] : []),
    ...(text.startsWith("-") || text.endsWith("-") ? ["must not begin or end with a hyphen"] : []),
  ];
}

export function isPortNumber(port: number): readonly string[] {
  return isInRange(port, 1, 65535);
}

export function isInRange(value: number, least: number, most: number): readonly string[] {
  return value >= least && value <= most ? [] : [`must be between ${least} and ${most}, inclusive`];
}

/** Any printable ASCII but `=`, as upstream has it since 1.34. */
export function isEnvVarName(text: string): readonly string[] {
  if (text === "") return [`environment variable name ${empty}`];
  if (/^[ -<>-~]*$/.test(text)) return [];
  return ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
}

/** The key of a ConfigMap or Secret: fit to be the name of a file. */
export function isConfigMapKey(text: string): readonly string[] {
  return [...longerThan(253, text), ...unlessMatches(configMapKey, text), ...parentDirectory(text)];
}

export function isCIdentifier(text: string): readonly string[] {
  return unlessMatches(cIdentifier, text);
}

/** A number of percent, such as `25%`. */
export function isPercent(text: string): readonly string[] {
  return unlessMatches(percent, text);
}

export function isHttpHeaderName(text: string): readonly string[] {
  return unlessMatches(httpHeaderName, text);
}

/** The reason of a condition of meta/v1. */
export function isConditionReason(text: string): readonly string[] {
  return unlessMatches(conditionReason, text);
}

/** Whether `name` may name an object under `rule`; as the beginning of a generated name it may end in a dash. */
export function isObjectName(rule: NameRule, name: string, { prefix = false }: { readonly prefix?: boolean } = {}): readonly string[] {
  if (rule === "pathSegment") return prefix ? isPathSegmentPrefix(name) : isPathSegment(name);
  const text = prefix ? withoutTrailingDash(name) : name;
  switch (rule) {
    case "dnsSubdomain":
      return isDnsSubdomain(text);
    case "dnsLabel":
      return isDnsLabel(text);
    case "dns1035Label":
      return isDns1035Label(text);
  }
}

function withoutTrailingDash(name: string): string {
  // Two characters become one, as upstream has it.
  return name.length > 1 && name.endsWith("-") ? `${name.slice(0, -2)}a` : name;
}

const empty = "must be non-empty";

/** Upstream counts bytes everywhere, but says so only of labels. */
function longerThan(most: number, text: string, unit: "bytes" | "characters" = "characters"): readonly string[] {
  return byteLength(text) > most ? [`must be no more than ${most} ${unit}`] : [];
}

function parentDirectory(text: string): readonly string[] {
  if (text === "." || text === "..") return [`must not be '${text}'`];
  return text.startsWith("..") ? ["must not start with '..'"] : [];
}

/** What a text must look like; the format is shown to people, in the syntax of Go. */
interface Form {
  readonly expression: RegExp;
  readonly format: string;
  readonly rule: string;
  readonly examples: readonly string[];
}

function form(format: string, rule: string, ...examples: readonly string[]): Form {
  return { expression: new RegExp(`^(?:${format})$`), format, rule, examples };
}

/** Far more than any name may have; a text of megabytes is not worth matching. */
const longestMatched = 10_000;

function unlessMatches(form: Form, text: string): readonly string[] {
  return text.length <= longestMatched && form.expression.test(text) ? [] : texts(form);
}

function texts({ rule, format, examples }: Form): readonly string[] {
  const shown = examples.map((example) => `'${example}', `).join(" or ");
  return [`${rule} (e.g. ${shown}regex used for validation is '${format}')`];
}

const labelFormat = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const subdomainFormat = `${labelFormat}(\\.${labelFormat})*`;
const keyNameFormat = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";

const label = form(
  labelFormat,
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  "my-name",
  "123-abc",
);
const subdomain = form(
  subdomainFormat,
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  "example.com",
);
const subdomainCaseless: Form = {
  ...form(
    subdomainFormat,
    "an RFC 1123 subdomain must consist of alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
    "Example.com",
  ),
  expression: new RegExp(`^(?:${subdomainFormat})$`, "i"),
};
const label1035 = form(
  "[a-z]([-a-z0-9]*[a-z0-9])?",
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  "my-name",
  "abc-123",
);
const wildcardSubdomain = form(
  `\\*\\.${subdomainFormat}`,
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
  "*.example.com",
);
const keyName = form(
  keyNameFormat,
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  "MyName",
  "my.name",
  "123-abc",
);
const labelValue = form(
  `(${keyNameFormat})?`,
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  "MyValue",
  "my_value",
  "12345",
);
const configMapKey = form(
  "[-._a-zA-Z0-9]+",
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
  "key.name",
  "KEY_NAME",
  "key-name",
);
const cIdentifier = form(
  "[A-Za-z_][A-Za-z0-9_]*",
  "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'",
  "my_name",
  "MY_NAME",
  "MyName",
);
const percent = form("[0-9]+%", "a valid percent string must be a numeric string followed by an ending '%'", "1%", "93%");
const httpHeaderName = form("[-A-Za-z0-9]+", "a valid HTTP header must consist of alphanumeric characters or '-'", "X-Header-Name");
const conditionReason = form(
  "[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?",
  "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'",
  "my_name",
  "MY_NAME",
  "MyName",
  "ReasonA,ReasonB",
  "ReasonA:ReasonB",
);
