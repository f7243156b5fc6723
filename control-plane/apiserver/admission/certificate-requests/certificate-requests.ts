import { type CertificateSigningRequest, CertificateSigningRequestKind } from "@kubets/api";
import { invalid, invalidObject, textOfBase64 } from "@kubets/machinery";
import { parseCertificateRequest, type SignatureVerifier } from "@kubets/machinery/x509";
import type { AdmissionAttributes, AdmissionPlugin } from "../../contracts.ts";
import { isAbout, refusal } from "../refusal.ts";

const clientSigner = "kubernetes.io/kube-apiserver-client";

/** Lets nobody ask the signer of clients for a certificate of `system:masters`, who may do everything. */
export function certificateSubjectRestriction(): AdmissionPlugin {
  return {
    name: "CertificateSubjectRestriction",
    validate(attributes) {
      const request = newRequest(attributes);
      if (request?.spec.signerName !== clientSigner) return;
      const { subject } = parseCertificateRequest(textOfBase64(request.spec.request));
      if (subject.organizations.includes("system:masters"))
        throw refusal(attributes, `use of ${clientSigner} signer with system:masters group is not allowed`);
    },
  };
}

/**
 * Takes a request for a certificate only from who holds the key: it must be signed with it. No plugin upstream, where validation
 * does it: nothing switches it off.
 */
export function proofOfPossession({ signatures }: { readonly signatures: SignatureVerifier }): AdmissionPlugin {
  return {
    name: "ProofOfPossession",
    async validate(attributes) {
      const request = newRequest(attributes);
      if (request === undefined) return;
      const { signed } = parseCertificateRequest(textOfBase64(request.spec.request));
      if (await signatures.verify(signed)) return;
      const problem = invalid("spec.request", request.spec.request, "x509: the signature is not one of the key that is asked for");
      throw invalidObject(CertificateSigningRequestKind, request.metadata.name, [problem]);
    },
  };
}

function newRequest(attributes: AdmissionAttributes): CertificateSigningRequest | undefined {
  const { group, resource } = CertificateSigningRequestKind;
  const isNew = attributes.operation === "CREATE" && isAbout(attributes, group, resource);
  return isNew ? (attributes.object as CertificateSigningRequest) : undefined;
}
