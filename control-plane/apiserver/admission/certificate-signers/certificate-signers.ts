import {
  type CertificateSigningRequest,
  CertificateSigningRequestKind,
  type ClusterTrustBundle,
  ClusterTrustBundleKind,
  type PodCertificateRequest,
  PodCertificateRequestKind,
} from "@kubets/api";
import { forbidden, invalidObject, type KubernetesObject, sameJson } from "@kubets/machinery";
import type { AdmissionAttributes, AdmissionPlugin, Authorizer } from "../../contracts.ts";
import { isAbout, refusal } from "../refusal.ts";

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

/** Lets only those speak for a signer in a ClusterTrustBundle who may `attest` for it. */
export function clusterTrustBundleAttest({ authorizer }: { readonly authorizer: Authorizer }): AdmissionPlugin {
  const { group, resource } = ClusterTrustBundleKind;
  return {
    name: "ClusterTrustBundleAttest",
    async validate(attributes) {
      const { operation, object, previous } = attributes;
      if (!isAbout(attributes, group, resource) || (operation !== "CREATE" && operation !== "UPDATE")) return;
      const bundle = object as ClusterTrustBundle;
      const { signerName = "" } = bundle.spec;
      // Collecting garbage and moving to another version say nothing new.
      if (signerName === "" || (previous !== undefined && sameButForGarbage(bundle, previous as ClusterTrustBundle))) return;
      if (await mayFor(attributes, signerName, "attest", authorizer)) return;
      throw refusal(attributes, `user not permitted to attest for signerName ${JSON.stringify(signerName)}`);
    },
  };
}

/**
 * Lets only those decide about a PodCertificateRequest who may `sign` for its signer. No plugin upstream, where validation does it: nothing
 * switches it off.
 */
export function podCertificateSigning({ authorizer }: { readonly authorizer: Authorizer }): AdmissionPlugin {
  const { group, resource } = PodCertificateRequestKind;
  return {
    name: "PodCertificateSigning",
    async validate(attributes) {
      const { kind, operation, subresource, object, previous, user } = attributes;
      if (operation !== "UPDATE" || subresource !== "status" || kind.group !== group || kind.resource !== resource) return;
      const [request, before] = [object as PodCertificateRequest, previous as PodCertificateRequest];
      const { signerName } = before.spec;
      if (sameJson(request.status, before.status) || (await mayFor(attributes, signerName, "sign", authorizer))) return;
      const problem = `User ${JSON.stringify(user.name)} is not permitted to "sign" for signer ${JSON.stringify(signerName)}`;
      throw invalidObject(PodCertificateRequestKind, request.metadata.name, [forbidden("spec.signerName", problem)]);
    },
  };
}

function sameButForGarbage(now: KubernetesObject, before: KubernetesObject): boolean {
  const essence = ({ metadata, ...rest }: KubernetesObject): unknown => {
    const { ownerReferences: _owners, finalizers: _finalizers, managedFields: _managers, resourceVersion: _revision, ...kept } = metadata;
    return { ...rest, metadata: kept };
  };
  return sameJson(essence(now), essence(before));
}

async function mustBeAllowed(
  attributes: AdmissionAttributes,
  signerName: string,
  verb: "approve" | "sign",
  authorizer: Authorizer,
): Promise<void> {
  if (await mayFor(attributes, signerName, verb, authorizer)) return;
  throw refusal(attributes, `user not permitted to ${verb} requests with signerName ${JSON.stringify(signerName)}`);
}

/** A right is given for one signer, or for all of its domain: `example.com/*`. */
async function mayFor(
  { user }: AdmissionAttributes,
  signerName: string,
  verb: "approve" | "attest" | "sign",
  authorizer: Authorizer,
): Promise<boolean> {
  for (const name of [signerName, `${signerName.split("/")[0]}/*`]) {
    const resource = { group: "certificates.k8s.io", version: "*", namespace: "", resource: "signers", subresource: "", name };
    const { decision } = await authorizer.authorize({ user, verb, resource, path: "" });
    if (decision === "allow") return true;
  }
  return false;
}
