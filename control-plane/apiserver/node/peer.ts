import type { DetailedPeerCertificate, TLSSocket } from "node:tls";
import type { Peer } from "@kubets/machinery";

/** What a connection tells of its caller. */
export interface Caller {
  readonly peer: Peer;
  /** The caller showed a certificate that doesn't hold: expired, of another CA, not for clients. */
  readonly hasBadCertificate: boolean;
}

const callers = new WeakMap<TLSSocket, Caller>();

/** The caller of a connection, looked at once: the certificate doesn't change while it lasts. */
export function callerOf(socket: TLSSocket): Caller {
  let caller = callers.get(socket);
  if (caller === undefined) {
    caller = readCaller(socket);
    callers.set(socket, caller);
  }
  return caller;
}

function readCaller(socket: TLSSocket): Caller {
  const address = socket.remoteAddress ?? "";
  const certificate = socket.getPeerCertificate();
  const isShown = certificate !== null && Object.keys(certificate).length > 0;
  if (!isShown) return { peer: { via: "network", address }, hasBadCertificate: false };
  if (!socket.authorized) return { peer: { via: "network", address }, hasBadCertificate: true };
  const { subject, fingerprint256 } = certificate as DetailedPeerCertificate;
  const organizations = subject.O as string | readonly string[] | undefined;
  return {
    peer: {
      via: "network",
      address,
      certificate: {
        commonName: first(subject.CN),
        organizations: organizations === undefined ? [] : typeof organizations === "string" ? [organizations] : organizations,
        fingerprint: fingerprint256.replaceAll(":", "").toLowerCase(),
      },
    },
    hasBadCertificate: false,
  };
}

function first(names: string | readonly string[] | undefined): string {
  return names === undefined ? "" : typeof names === "string" ? names : (names[0] ?? "");
}
