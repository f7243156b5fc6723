import type { Authenticator } from "../contracts.ts";

/**
 * The user of a client certificate that the adapter has verified: the common name, with the organizations as groups.
 *
 * A certificate without a common name names nobody.
 */
export function clientCertificate(): Authenticator {
  return {
    name: "clientCertificate",
    async authenticate(_request, peer) {
      if (peer.via !== "network" || peer.certificate === undefined || peer.certificate.commonName === "") return undefined;
      const { commonName, organizations, fingerprint } = peer.certificate;
      return {
        name: commonName,
        groups: organizations,
        extra: { [credentialIdKey]: [`X509SHA256=${fingerprint}`] },
      };
    },
  };
}

/** The extra attribute that says which credential of a user was shown. */
export const credentialIdKey = "authentication.kubernetes.io/credential-id";
