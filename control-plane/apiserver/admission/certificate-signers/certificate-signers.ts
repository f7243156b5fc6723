import { type CertificateSigningRequest, CertificateSigningRequestKind } from "@kubets/api";
import { sameJson } from "@kubets/machinery";
import type { AdmissionAttributes, AdmissionPlugin, Authorizer } from "../../contracts.ts";
import { refusal } from "../refusal.ts";

/** Lets only those decide about a request who may `approve` for its signer. */
export function certificateApproval({ authorizer }: { readonly authorizer: Authorizer }): AdmissionPlugin {
  return {
    name: "CertificateApproval",
    async validate(attributes) {
      const change = changeOf(attributes, "approval");
      if (change !== undefined) await mustBeAllowed(attributes, change.previous.spec.signerName, "approve", authorizer);
    },
  };
}

/** Lets only those write a certificate, or that there will be none, who may `sign` for the signer of the request. */
export function certificateSigning({ authorizer }: { readonly authorizer: Authorizer }): AdmissionPlugin {
  return {
    name: "CertificateSigning",
    async validate(attributes) {
      const change = changeOf(attributes, "status");
      if (change === undefined) return;
      const { request, previous } = change;
      const { certificate, conditions } = request.status;
      if (certificate === previous.status.certificate && sameJson(conditions ?? [], previous.status.conditions ?? [])) return;
      await mustBeAllowed(attributes, previous.spec.signerName, "sign", authorizer);
    },
  };
}

interface Change {
  readonly request: CertificateSigningRequest;
  readonly previous: CertificateSigningRequest;
}

function changeOf({ kind, operation, subresource, object, previous }: AdmissionAttributes, part: string): Change | undefined {
  const { group, resource } = CertificateSigningRequestKind;
  if (operation !== "UPDATE" || subresource !== part || kind.group !== group || kind.resource !== resource) return undefined;
  return { request: object as CertificateSigningRequest, previous: previous as CertificateSigningRequest };
}

/** A right is given for one signer, or for all of its domain: `example.com/*`. */
async function mustBeAllowed(
  attributes: AdmissionAttributes,
  signerName: string,
  verb: "approve" | "sign",
  authorizer: Authorizer,
): Promise<void> {
  const { user } = attributes;
  for (const name of [signerName, `${signerName.split("/")[0]}/*`]) {
    const resource = { group: "certificates.k8s.io", version: "*", namespace: "", resource: "signers", subresource: "", name };
    const { decision } = await authorizer.authorize({ user, verb, resource, path: "" });
    if (decision === "allow") return;
  }
  throw refusal(attributes, `user not permitted to ${verb} requests with signerName ${JSON.stringify(signerName)}`);
}
