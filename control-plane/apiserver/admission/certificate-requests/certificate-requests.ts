import {
  type CertificateSigningRequest,
  CertificateSigningRequestKind,
  type PodCertificateRequest,
  PodCertificateRequestKind,
} from "@kubets/api";
import { bytesOfBase64, invalid, invalidObject, textOfBase64 } from "@kubets/machinery";
import { parseCertificateRequest, readCertificateRequest, type SignatureVerifier } from "@kubets/machinery/x509";
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
      const forPod = newPodRequest(attributes);
      if (forPod !== undefined) return provePossession(forPod, signatures);
      const request = newRequest(attributes);
      if (request === undefined) return;
      const { signed } = parseCertificateRequest(textOfBase64(request.spec.request));
      if (await signatures.verify(signed)) return;
      const problem = invalid("spec.request", request.spec.request, "x509: the signature is not one of the key that is asked for");
      throw invalidObject(CertificateSigningRequestKind, request.metadata.name, [problem]);
    },
  };
}

/** A kubelet asks with an empty request that the Pod's key signed. */
async function provePossession({ metadata, spec }: PodCertificateRequest, signatures: SignatureVerifier): Promise<void> {
  const { signed } = readCertificateRequest(bytesOfBase64(spec.stubPKCS10Request));
  if (await signatures.verify(signed)) return;
  const problem = invalid("spec.stubPKCS10Request", spec.stubPKCS10Request, "signature does not verify");
  throw invalidObject(PodCertificateRequestKind, metadata.name, [problem]);
}

function newPodRequest(attributes: AdmissionAttributes): PodCertificateRequest | undefined {
  const { group, resource } = PodCertificateRequestKind;
  const isNew = attributes.operation === "CREATE" && isAbout(attributes, group, resource);
  return isNew ? (attributes.object as PodCertificateRequest) : undefined;
}

function newRequest(attributes: AdmissionAttributes): CertificateSigningRequest | undefined {
  const { group, resource } = CertificateSigningRequestKind;
  const isNew = attributes.operation === "CREATE" && isAbout(attributes, group, resource);
  return isNew ? (attributes.object as CertificateSigningRequest) : undefined;
}
