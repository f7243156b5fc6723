import type { Peer, UserInfo } from "@kubets/machinery";
import type { Authenticator } from "../contracts.ts";
import { authenticated } from "./users.ts";

type Certificate = NonNullable<Extract<Peer, { readonly via: "network" }>["certificate"]>;

/**
 * The user of a client certificate that the adapter has verified: the common name, with the organizations as groups.
 *
 * A certificate without a common name names nobody.
 */
export function clientCertificate(): Authenticator {
  /** A connection has one certificate as long as it lasts. */
  const users = new WeakMap<Certificate, UserInfo>();
  return {
    name: "clientCertificate",
    async authenticate(_request, peer) {
      if (peer.via !== "network" || peer.certificate === undefined || peer.certificate.commonName === "") return undefined;
      let user = users.get(peer.certificate);
      if (user === undefined) users.set(peer.certificate, (user = authenticated(userOf(peer.certificate))));
      return user;
    },
  };
}

function userOf({ commonName, organizations, fingerprint }: Certificate): UserInfo {
  return { name: commonName, groups: organizations, extra: { [credentialIdKey]: [`X509SHA256=${fingerprint}`] } };
}

/** The extra attribute that says which credential of a user was shown. */
export const credentialIdKey = "authentication.kubernetes.io/credential-id";
