import { base64Problem } from "../../base64.ts";
import { isLabelValue, isObjectName, isQualifiedName } from "../../names.ts";
import { parseTimestamp } from "../calendar.ts";
import { declare, global, method, type CallCosts, type Library } from "../declarations.ts";
import { scaleRange } from "../estimates.ts";
import { regularExpressionFactor, sizeOf, traversal } from "../runtime-costs.ts";
import { traverse } from "../standard-estimates.ts";
import { listType, opaqueType, optionalType, stringType } from "../types.ts";
import { parseUrl } from "../url.ts";
import { CelArray, CelOpaque, CelOptional } from "../values.ts";

export const formatType: CelOpaque["type"] = opaqueType("kubernetes.NamedFormat");

/** A format of texts that has a name. */
class NamedFormat extends CelOpaque {
  override readonly type: CelOpaque["type"] = formatType;
  readonly name: string;
  /** How long a regular expression would have to be that does the same; costs are told by it. */
  readonly complexity: number;
  readonly problems: (text: string) => readonly string[];

  constructor(name: string, complexity: number, problems: (text: string) => readonly string[]) {
    super();
    this.name = name;
    this.complexity = complexity;
    this.problems = problems;
  }

  override equals(other: CelOpaque): boolean {
    return other instanceof NamedFormat && this.name === other.name;
  }
}

const uuid = /^(?:[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12})$/i;
const dateTimeComplexity = 68;

const formats: Readonly<Record<string, NamedFormat>> = {
  dns1123Label: new NamedFormat("DNS1123Label", 30, (text) => isObjectName("dnsLabel", text)),
  dns1123Subdomain: new NamedFormat("DNS1123Subdomain", 60, (text) => isObjectName("dnsSubdomain", text)),
  dns1035Label: new NamedFormat("DNS1035Label", 30, (text) => isObjectName("dns1035Label", text)),
  qualifiedName: new NamedFormat("QualifiedName", 60, isQualifiedName),
  dns1123LabelPrefix: new NamedFormat("DNS1123LabelPrefix", 30, (text) => isObjectName("dnsLabel", text, { prefix: true })),
  dns1123SubdomainPrefix: new NamedFormat("DNS1123SubdomainPrefix", 60, (text) => isObjectName("dnsSubdomain", text, { prefix: true })),
  dns1035LabelPrefix: new NamedFormat("DNS1035LabelPrefix", 30, (text) => isObjectName("dns1035Label", text, { prefix: true })),
  labelValue: new NamedFormat("LabelValue", 40, isLabelValue),
  uri: new NamedFormat("URI", 1103, uriProblems),
  uuid: new NamedFormat("uuid", 90, (text) => unless(uuid.test(text), "does not match the UUID format")),
  byte: new NamedFormat("byte", 84, (text) => unless(base64Problem(text) === undefined, "invalid base64")),
  date: new NamedFormat("date", dateTimeComplexity, (text) =>
    unless(/^\d{4}-\d\d-\d\d$/.test(text) && parseTimestamp(`${text}T00:00:00Z`) !== undefined, "invalid date"),
  ),
  datetime: new NamedFormat("datetime", dateTimeComplexity, (text) => unless(parseTimestamp(text) !== undefined, "invalid datetime")),
};

const longestExpression = 128;

const validating: CallCosts = {
  actual: ([format, text]) =>
    traversal(sizeOf(text!) + 1) *
    traversal(format instanceof NamedFormat ? format.complexity : longestExpression, regularExpressionFactor),
  estimate: (_, [text]) => ({ cost: scaleRange(traverse(text!.size), longestExpression * regularExpressionFactor) }),
};

/** `!format.dns1123Label().validate(self.name).hasValue()`: the formats of names and texts that Kubernetes itself uses. */
export const formatLibrary: Library = {
  types: { "kubernetes.NamedFormat": formatType },
  functions: [
    declare("validate", method("format-validate", [formatType, stringType], optionalType(listType(stringType)), validate, validating)),
    declare("format.named", global("format-named", [stringType], optionalType(formatType), named)),
    ...Object.entries(formats).map(([name, format]) =>
      declare(
        `format.${name}`,
        global(`format.${name}`, [], formatType, () => format),
      ),
    ),
  ],
};

function unless(valid: boolean, problem: string): readonly string[] {
  return valid ? [] : [problem];
}

function uriProblems(text: string): readonly string[] {
  const url = parseUrl(text);
  return typeof url === "string" ? [url] : [];
}

function validate(format: NamedFormat, text: string): CelOptional {
  const problems = format.problems(text);
  return problems.length === 0 ? CelOptional.none : new CelOptional(new CelArray([...problems]));
}

function named(name: string): CelOptional {
  return Object.hasOwn(formats, name) ? new CelOptional(formats[name]!) : CelOptional.none;
}
