import { type CertificateSigningRequest, CertificateSigningRequestKind, SubjectAccessReviewKind } from "@kubets/api";
import { type Action, ask, type Controller, type Decision, nothing, watch } from "@kubets/client";
import type { Kind } from "@kubets/machinery";
import { hasCondition, kubeletClientRefusal, readRequest, signers } from "../certificates/requests.ts";

/**
 * Approves what kubelets ask for to speak to the API server, when who asks may have it: a kubelet its own renewal (`selfnodeclient`), a
 * bootstrap token a node's first certificate (`nodeclient`). All else is left to people.
 */
export const certificateSigningRequestApprover: Controller<CertificateSigningRequest> = {
  name: "certificatesigningrequest-approving",
  watches: [watch(CertificateSigningRequestKind)],
  observe: (key, caches) => caches.of(CertificateSigningRequestKind).get(key),
  reconcile,
};

export function reconcile(request: CertificateSigningRequest): Decision {
  const { spec, status } = request;
  const isDecided = hasCondition(request, "Approved", "Denied") || (status.certificate ?? "") !== "";
  if (isDecided || spec.signerName !== signers.kubeletClient) return nothing;
  const asked = readRequest(request);
  if (kubeletClientRefusal(asked, spec.usages ?? []) !== undefined) return nothing;
  const own = "Auto approving self kubelet client certificate after SubjectAccessReview.";
  const any = "Auto approving kubelet client certificate after SubjectAccessReview.";
  const asAny = approvalIfAllowed(request, "nodeclient", any);
  return { actions: [spec.username === asked.subject.commonName ? approvalIfAllowed(request, "selfnodeclient", own, asAny) : asAny] };
}

/** Asks whether who made the request may. */
function approvalIfAllowed(request: CertificateSigningRequest, subresource: string, message: string, otherwise?: Action): Action {
  const { username = "", uid, groups = [], extra } = request.spec;
  const spec = {
    user: username,
    ...(uid === undefined ? {} : { uid }),
    groups,
    ...(extra === undefined ? {} : { extra }),
    resourceAttributes: { group: "certificates.k8s.io", resource: "certificatesigningrequests", verb: "create", subresource },
  };
  return ask(
    request.metadata.name,
    ({ client, signal }) => client.resource(SubjectAccessReviewKind).create({ metadata: { name: "" }, spec }, { signal }),
    ({ status }) => (status.allowed ? approval(request, message) : otherwise),
  );
}

function approval(request: CertificateSigningRequest, message: string): Action {
  const { metadata, status } = request;
  const conditions = [...(status.conditions ?? []), { type: "Approved", status: "True" as const, reason: "AutoApproved", message }];
  return {
    verb: "subresource",
    kind: CertificateSigningRequestKind as unknown as Kind,
    name: metadata.name,
    subresource: "approval",
    method: "update",
    body: { ...request, status: { ...status, conditions } },
  };
}
