import { type CertificateSigningRequest, CertificateSigningRequestKind } from "@kubets/api";
import { ask, type Controller, type Decision, nothing, type ReconcileContext, updateStatus, watch } from "@kubets/client";
import { base64OfText, formatTime, type Instant } from "@kubets/machinery";
import { type CertificateSigner, parseCertificate, signedCertificate, writePem } from "@kubets/machinery/x509";
import { hasCondition, readRequest, refusalBy, signers } from "../certificates/requests.ts";
import { contentOf } from "./content.ts";

export interface SigningOptions {
  /** The cluster's CA. */
  readonly authority: CertificateSigner;
  /** How long a certificate holds at most, in milliseconds; a year when absent, as upstream (`--cluster-signing-duration`). */
  readonly longestLife?: number;
}

const year = 365 * 24 * 3_600_000;
const ours: ReadonlySet<string> = new Set(Object.values(signers));

/** Signs approved requests to the signers that Kubernetes comes with, and says why where a signer may not sign. */
export function certificateSigningRequestSigner({ authority, longestLife = year }: SigningOptions): Controller<CertificateSigningRequest> {
  const issuer = parseCertificate(authority.certificate);
  return {
    name: "certificatesigningrequest-signing",
    watches: [watch(CertificateSigningRequestKind)],
    observe: (key, caches) => caches.of(CertificateSigningRequestKind).get(key),
    reconcile,
  };

  function reconcile(request: CertificateSigningRequest, now: Instant, { random }: ReconcileContext): Decision {
    const { spec, status, metadata } = request;
    if (!ours.has(spec.signerName) || !hasCondition(request, "Approved") || hasCondition(request, "Denied", "Failed")) return nothing;
    if ((status.certificate ?? "") !== "") return nothing;
    const asked = readRequest(request);
    const refusal = refusalBy(spec.signerName, asked, spec.usages ?? []);
    if (refusal !== undefined) {
      const lastUpdateTime = formatTime(now);
      const failed = { type: "Failed", status: "True" as const, reason: "SignerValidationFailure", message: refusal, lastUpdateTime };
      const conditions = [...(status.conditions ?? []), failed];
      return { actions: [updateStatus(CertificateSigningRequestKind, { ...request, status: { ...status, conditions } })] };
    }
    const toSign = contentOf(asked, {
      issuer,
      algorithm: authority.algorithm,
      usages: spec.usages ?? [],
      ...(spec.expirationSeconds === undefined ? {} : { life: spec.expirationSeconds * 1000 }),
      longestLife,
      random: random.bytes(16),
      now,
    });
    const signed = ask(
      metadata.name,
      () => authority.sign(toSign),
      (signature) => {
        const certificate = base64OfText(writePem("CERTIFICATE", signedCertificate(toSign, authority.algorithm, signature)));
        return updateStatus(CertificateSigningRequestKind, { ...request, status: { ...status, certificate } });
      },
    );
    return { actions: [signed] };
  }
}
