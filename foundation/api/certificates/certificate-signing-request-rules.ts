import {
  type Base64,
  duplicates,
  type FieldError,
  forbidden,
  formatTime,
  type Instant,
  invalid,
  notSupported,
  required,
  textOfBase64,
  type UserInfo,
} from "@kubets/machinery";
import { DerError, parseCertificateRequest, readCertificate, readPem } from "@kubets/machinery/x509";
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

/** Times that whoever decided didn't write: now, or for a decision that stood before, since then. */
export function withConditionTimes(
  request: CertificateSigningRequest,
  previous: CertificateSigningRequest,
  now: Instant,
): CertificateSigningRequest {
  const { conditions } = request.status;
  if (conditions === undefined) return request;
  const timed = conditions.map((condition): CertificateSigningRequestCondition => {
    const { type, status, lastUpdateTime = formatTime(now) } = condition;
    const same = previous.status.conditions?.find((each) => each.type === type && each.status === status);
    const lastTransitionTime = condition.lastTransitionTime ?? same?.lastTransitionTime ?? formatTime(now);
    return { ...condition, lastUpdateTime, lastTransitionTime };
  });
  return { ...request, status: { ...request.status, conditions: timed } };
}

const shortestSeconds = 600;
const legacySigner = "kubernetes.io/legacy-unknown";

/** It is there for what an older API version has left behind. */
export function validateNewRequest({ spec }: CertificateSigningRequest): readonly FieldError[] {
  return spec.signerName === legacySigner
    ? [invalid("spec.signerName", spec.signerName, "the legacy signerName is not allowed via this API version")]
    : [];
}

export function validateRequest({ spec }: CertificateSigningRequest): readonly FieldError[] {
  const { request, usages = [], expirationSeconds, signerName } = spec;
  return [
    ...validatePkcs10(request),
    ...(usages.length === 0 ? [required("spec.usages")] : []),
    ...duplicates("spec.usages", usages, (usage) => usage),
    ...(expirationSeconds !== undefined && expirationSeconds < shortestSeconds
      ? [invalid("spec.expirationSeconds", expirationSeconds, "may not specify a duration less than 600 seconds (10 minutes)")]
      : []),
    ...validateSignerName(signerName),
  ];
}

// That its sender holds the key takes cryptography to check, which a rule can't wait for: admission does.
function validatePkcs10(request: Base64): readonly FieldError[] {
  if (request === "") return [];
  const problem = derProblem(() => parseCertificateRequest(textOfBase64(request)));
  return problem === undefined ? [] : [invalid("spec.request", request, problem)];
}

function derProblem(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof DerError) return error.message;
    throw error;
  }
}

const decisive: ReadonlySet<string> = new Set(["Approved", "Denied", "Failed"]);

/** For the status and approval subresources: what was decided stays decided, and a certificate stays what it is. */
export function validateDecision(request: CertificateSigningRequest, previous: CertificateSigningRequest): readonly FieldError[] {
  const { conditions = [], certificate = "" } = request.status;
  const count = (all: readonly CertificateSigningRequestCondition[] = [], type: string): number =>
    all.filter((condition) => condition.type === type).length;
  const taken = [...decisive]
    .filter((type) => count(conditions, type) < count(previous.status.conditions, type))
    .map((type) => forbidden("status.conditions", `updates may not remove a condition of type "${type}"`));
  const path = "status.certificate";
  const given = previous.status.certificate ?? "";
  if (certificate === given) return [...validateConditions(conditions), ...taken];
  const changed = given === "" ? [] : [forbidden(path, "updates may not modify existing certificate content")];
  const problem = certificateProblem(textOfBase64(certificate));
  const malformed = certificate === "" || problem === undefined ? [] : [invalid(path, "<certificate data>", problem)];
  return [...validateConditions(conditions), ...taken, ...malformed, ...changed];
}

function certificateProblem(pem: string): string | undefined {
  const blocks = readPem(pem);
  if (blocks.length === 0) return "must contain at least one CERTIFICATE PEM block";
  for (const { label, hasHeaders, der } of blocks) {
    if (label !== "CERTIFICATE") return `only CERTIFICATE PEM blocks are allowed, found "${label}"`;
    if (hasHeaders) return "no PEM block headers are permitted";
    const problem = derProblem(() => readCertificate(der));
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Each type once, the well-known ones true, not both approved and denied. */
function validateConditions(conditions: readonly CertificateSigningRequestCondition[]): readonly FieldError[] {
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
