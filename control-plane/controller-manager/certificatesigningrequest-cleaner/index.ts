import { type CertificateSigningRequest, CertificateSigningRequestKind } from "@kubets/api";
import { type Controller, type Decision, deletion, nothing, watch } from "@kubets/client";
import { type Instant, parseTime } from "@kubets/machinery";

/** Removes requests for certificates that nobody decides about, and those that were decided about long enough ago to be fetched. */
export const certificateSigningRequestCleaner: Controller<CertificateSigningRequest> = {
  name: "certificatesigningrequest-cleaner",
  watches: [watch(CertificateSigningRequestKind)],
  observe: (key, caches) => caches.of(CertificateSigningRequestKind).get(key),
  reconcile,
};

const hour = 3_600_000;
const longestPending = 24 * hour;
const longestDecided = hour;

export function reconcile(request: CertificateSigningRequest, now: Instant): Decision {
  const end = endOf(request);
  if (end === undefined || request.metadata.deletionTimestamp !== undefined) return nothing;
  return end > now ? { actions: [], requeueAfter: end - now } : { actions: [deletion(CertificateSigningRequestKind, request)] };
}

function endOf({ metadata, status }: CertificateSigningRequest): number | undefined {
  const { conditions = [] } = status;
  if (conditions.length === 0) {
    const created = parseTime(metadata.creationTimestamp ?? "");
    return created === undefined ? undefined : created + longestPending;
  }
  const decided = conditions
    .filter(({ type }) => type === "Approved" || type === "Denied" || type === "Failed")
    .flatMap(({ lastUpdateTime }) => parseTime(lastUpdateTime ?? "") ?? []);
  return decided.length === 0 ? undefined : Math.min(...decided) + longestDecided;
}
