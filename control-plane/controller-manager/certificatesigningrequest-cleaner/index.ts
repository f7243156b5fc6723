import { type CertificateSigningRequest, CertificateSigningRequestKind } from "@kubets/api";
import { type Controller, type Decision, deletion, nothing, watch } from "@kubets/client";
import { type Instant, parseTime, textOfBase64 } from "@kubets/machinery";
import { DerError, parseCertificate } from "@kubets/machinery/x509";

/** Removes requests for certificates that nobody decides about, those that were answered long enough ago, and those whose certificate has ended. */
export const certificateSigningRequestCleaner: Controller<CertificateSigningRequest> = {
  name: "certificatesigningrequest-cleaner",
  watches: [watch(CertificateSigningRequestKind)],
  observe: (key, caches) => caches.of(CertificateSigningRequestKind).get(key),
  reconcile,
};

const hour = 3_600_000;
const longestPending = 24 * hour;
const longestAnswered = hour;

export function reconcile(request: CertificateSigningRequest, now: Instant): Decision {
  const end = endOf(request);
  if (end === Infinity || request.metadata.deletionTimestamp !== undefined) return nothing;
  return end > now ? { actions: [], requeueAfter: end - now } : { actions: [deletion(CertificateSigningRequestKind, request)] };
}

/** One that is approved and waits for its signer stays, however long that takes. */
function endOf({ metadata, status }: CertificateSigningRequest): number {
  const { conditions = [], certificate = "" } = status;
  if (conditions.length === 0) return (parseTime(metadata.creationTimestamp) ?? Infinity) + longestPending;
  const answers = conditions.filter(({ type }) => type === "Denied" || type === "Failed" || (type === "Approved" && certificate !== ""));
  const ends = answers.map(({ lastUpdateTime }) => (parseTime(lastUpdateTime ?? "") ?? Infinity) + longestAnswered);
  return Math.min(...ends, certificate === "" ? Infinity : endOfCertificate(certificate));
}

function endOfCertificate(certificate: string): number {
  try {
    return parseCertificate(textOfBase64(certificate)).notAfter;
  } catch (error) {
    if (error instanceof DerError) return Infinity;
    throw error;
  }
}
