import { type Base64, duplicates, type FieldError, invalid, notSupported, required, type UserInfo } from "@kubets/machinery";
import { textOfBase64 } from "../core/data.ts";
import type {
  CertificateSigningRequest,
  CertificateSigningRequestCondition,
  CertificateSigningRequestSpec,
} from "./certificate-signing-request.ts";
import { validateSignerName } from "./signer-name.ts";

/** Who asks is what authentication says, whatever the request says. */
export function askedBy(spec: CertificateSigningRequestSpec, user: UserInfo): CertificateSigningRequestSpec {
  const { username: _, uid: __, groups: ___, extra: ____, ...asked } = spec;
  const usages = asked.usages === undefined ? {} : { usages: [...new Set(asked.usages)].toSorted() };
  return {
    ...asked,
    ...usages,
    username: user.name,
    ...(user.uid === undefined ? {} : { uid: user.uid }),
    groups: user.groups,
    ...(user.extra === undefined ? {} : { extra: user.extra }),
  };
}

/** Approvals and denials are written by the approval subresource only. */
export function withDecisionsKept(request: CertificateSigningRequest, previous: CertificateSigningRequest): CertificateSigningRequest {
  const isDecision = ({ type }: CertificateSigningRequestCondition): boolean => type === "Approved" || type === "Denied";
  const decisions = (previous.status.conditions ?? []).filter(isDecision);
  const others = (request.status.conditions ?? []).filter((condition) => !isDecision(condition));
  const conditions = [...decisions, ...others];
  const { conditions: _, ...status } = request.status;
  return { ...request, status: conditions.length === 0 ? status : { ...status, conditions } };
}

const shortestSeconds = 600;

export function validateRequest({ spec }: CertificateSigningRequest): readonly FieldError[] {
  const { request, usages = [], expirationSeconds, signerName } = spec;
  return [
    ...validatePem(request),
    ...(usages.length === 0 ? [required("spec.usages")] : []),
    ...duplicates("spec.usages", usages, (usage) => usage),
    ...(expirationSeconds !== undefined && expirationSeconds < shortestSeconds
      ? [invalid("spec.expirationSeconds", expirationSeconds, "may not specify a duration less than 600 seconds (10 minutes)")]
      : []),
    ...validateSignerName(signerName),
  ];
}

// The key's proof of possession is checked by whoever signs: that takes cryptography, which a rule can't wait for.
function validatePem(request: Base64): readonly FieldError[] {
  if (request === "") return [];
  const label = /-----BEGIN ([^-]+)-----/.exec(textOfBase64(request))?.[1];
  return label === "CERTIFICATE REQUEST" ? [] : [invalid("spec.request", request, "PEM block type must be CERTIFICATE REQUEST")];
}

const decisive: ReadonlySet<string> = new Set(["Approved", "Denied", "Failed"]);

/** For the status and approval subresources: each type once, the well-known ones true, not both approved and denied. */
export function validateConditions(conditions: readonly CertificateSigningRequestCondition[]): readonly FieldError[] {
  const path = "status.conditions";
  const types = conditions.map(({ type }) => type);
  return [
    ...conditions.flatMap(({ type, status }, index) => [
      ...(type === "" ? [required(`${path}[${index}].type`)] : []),
      ...(decisive.has(type) && status !== "True" ? [notSupported(`${path}[${index}].status`, status, ["True"])] : []),
      ...((type === "Denied" && types.slice(0, index).includes("Approved")) ||
      (type === "Approved" && types.slice(0, index).includes("Denied"))
        ? [invalid(`${path}[${index}].type`, type, "Approved and Denied conditions are mutually exclusive")]
        : []),
    ]),
    ...duplicates(path, conditions, ({ type }) => type, { child: "type" }),
  ];
}
