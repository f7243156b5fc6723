/** How the kinds of networking check the names in references to other objects. */
import { type FieldError, invalid, isDnsSubdomain, isPathSegment, required } from "@kubets/machinery";

/** Fit to stand in a path; that it isn't empty is for the schema to say. */
export function validatePathSegment(text: string, path: string): readonly FieldError[] {
  return isPathSegment(text).map((message) => invalid(path, text, message));
}

const pathFormat = String.raw`[A-Za-z0-9/\-._~%!$&'()*+,;=:]+`;
const pathText = new RegExp(`^${pathFormat}$`);

/** A domain, `/`, and a path below it, such as `example.com/ingress`. */
export function validateDomainPrefixedPath(text: string, path: string): readonly FieldError[] {
  if (text === "") return [required(path)];
  const slash = text.indexOf("/");
  const [domain, rest] = slash < 0 ? [text, ""] : [text.slice(0, slash), text.slice(slash + 1)];
  if (domain === "" || rest === "") return [invalid(path, text, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  const problems = isDnsSubdomain(domain).map((message) => invalid(path, domain, message));
  if (problems.length > 0) return problems;
  return pathText.test(rest) ? [] : [invalid(path, rest, `Invalid path (regex used for validation is '${pathFormat}')`)];
}
