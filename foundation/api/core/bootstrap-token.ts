import { type Instant, parseTime, textOfBase64 } from "@kubets/machinery";
import type { Secret } from "./secret.ts";

/** A token with which nodes join, out of the Secret that holds it. */
export interface BootstrapToken {
  /** The part that everybody may know; with the secret, `ID.SECRET`. */
  readonly id: string;
  readonly secret: string;
  /** When it ends; one whose end can't be read has ended. */
  readonly expires: Instant | undefined;
  /** Whoever holds it is let in. */
  readonly authenticates: boolean;
  /** It signs what the ConfigMap `cluster-info` says. */
  readonly signs: boolean;
  /** Besides `system:bootstrappers`. */
  readonly groups: readonly string[];
}

const namespace = "kube-system";
const namePrefix = "bootstrap-token-";

/** The name of the Secret of a token. */
export function bootstrapSecretName(id: string): string {
  return `${namePrefix}${id}`;
}

export function isBootstrapSecret({ metadata, type }: Pick<Secret, "metadata" | "type">): boolean {
  return type === "bootstrap.kubernetes.io/token" && metadata.namespace === namespace;
}

/** The token of a Secret; `undefined` where it holds none, has another's name, or is on its way out. */
export function readBootstrapToken(secret: Secret): BootstrapToken | undefined {
  const { metadata, data = {} } = secret;
  if (!isBootstrapSecret(secret) || metadata.deletionTimestamp !== undefined) return undefined;
  const text = (key: string): string => textOfBase64(data[key] ?? "");
  const [id, key, expiration] = [text("token-id"), text("token-secret"), text("expiration")];
  if (id === "" || key === "" || metadata.name !== bootstrapSecretName(id)) return undefined;
  return {
    id,
    secret: key,
    expires: expiration === "" ? undefined : (parseTime(expiration) ?? (0 as Instant)),
    authenticates: text("usage-bootstrap-authentication") === "true",
    signs: text("usage-bootstrap-signing") === "true",
    groups: text("auth-extra-groups")
      .split(",")
      .filter((group) => group !== ""),
  };
}

export function hasExpired({ expires }: Pick<BootstrapToken, "expires">, now: Instant): boolean {
  return expires !== undefined && expires <= now;
}
