import { type FieldError, invalid, isDnsSubdomain } from "@kubets/machinery";

/** A domain, and a name in it. That there is a name is for the schema to say. */
export function validateSignerName(name: string): readonly FieldError[] {
  if (name === "") return [];
  const path = "spec.signerName";
  const [domain = "", ...rest] = name.split("/");
  const local = rest.join("/");
  if (local === "") return [invalid(path, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'")];
  const domainProblems = isDnsSubdomain(domain).map((message) =>
    invalid(path, domain, `validating label ${JSON.stringify(domain)}: ${message}`),
  );
  const fewSegments = domain.includes(".")
    ? []
    : [invalid(path, domain, "should be a domain with at least two segments separated by dots")];
  return [...domainProblems, ...fewSegments, ...isDnsSubdomain(local.toLowerCase()).map((message) => invalid(path, name, message))];
}
