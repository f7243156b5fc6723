import { type Secret, SecretKind, type ServiceAccount, ServiceAccountKind } from "@kubets/api";
import { ask, type Decision, deletion, nothing, update } from "@kubets/client";
import { base64OfText, type Kind, legacyTokenClaims, signToken, type SigningKey } from "@kubets/machinery";
import { accountNameAnnotation, accountUidAnnotation } from "../service-account-secrets/token-secrets.ts";

export interface Observed {
  readonly secret: Secret;
  readonly account: ServiceAccount | undefined;
}

export interface TokenSource {
  readonly signingKey: SigningKey;
  readonly rootCertificate?: string;
}

export function reconcile({ secret, account }: Observed, { signingKey, rootCertificate }: TokenSource): Decision {
  const { metadata, data = {} } = secret;
  if (metadata.deletionTimestamp !== undefined) return nothing;
  const { [accountNameAnnotation]: name = "", [accountUidAnnotation]: uid } = metadata.annotations ?? {};
  if (account === undefined || (uid !== undefined && uid !== account.metadata.uid)) return withoutAccount(secret, name, uid);
  const annotations = { ...metadata.annotations, [accountUidAnnotation]: account.metadata.uid };
  const filled = {
    ...data,
    ...(rootCertificate === undefined ? {} : { "ca.crt": base64OfText(rootCertificate) }),
    ...((data["namespace"] ?? "") === "" ? { namespace: base64OfText(metadata.namespace ?? "") } : {}),
  };
  const next: Secret = { ...secret, metadata: { ...metadata, annotations }, data: filled };
  if ((data["token"] ?? "") === "") {
    const claims = legacyTokenClaims({ namespace: metadata.namespace ?? "", secret: metadata.name, account: account.metadata });
    const signed = ask(
      `${metadata.namespace}/${metadata.name}`,
      () => signToken(signingKey, claims),
      (token) => update(SecretKind, { ...next, data: { ...filled, token: base64OfText(token) } }),
    );
    return { actions: [signed] };
  }
  const isRight = uid !== undefined && Object.entries(filled).every(([key, value]) => data[key] === value);
  return isRight ? nothing : { actions: [update(SecretKind, next)] };
}

/** The cache may not show the account yet: the server itself is asked before a Secret goes for the lack of it. */
function withoutAccount(secret: Secret, name: string, uid: string | undefined): Decision {
  const { namespace } = secret.metadata;
  const gone = {
    verb: "confirmGone" as const,
    kind: ServiceAccountKind as unknown as Kind,
    ...(namespace === undefined ? {} : { namespace }),
    name,
    ...(uid === undefined ? {} : { uid }),
  };
  return { actions: [gone, deletion(SecretKind, secret)] };
}
