import type { SigningKey } from "./crypto.ts";
import { decodeBase64Url, encodeBase64Url } from "./base64url.ts";

/** A token in the compact form of RFC 7515, taken apart. Nothing of it is to be trusted until its signature is verified. */
export interface CompactToken {
  readonly algorithm: string;
  readonly keyId: string | undefined;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** Signs claims into a compact token. */
export async function signToken(key: SigningKey, claims: object): Promise<string> {
  const encode = (value: object): string => encodeBase64Url(encoder.encode(JSON.stringify(value)));
  const signed = `${encode({ alg: key.algorithm, kid: key.id })}.${encode(claims)}`;
  return `${signed}.${encodeBase64Url(await key.sign(encoder.encode(signed)))}`;
}

/** `undefined` for what isn't a compact token. */
export function parseToken(token: string): CompactToken | undefined {
  const [headerText, claimsText, signatureText, ...more] = token.split(".");
  if (headerText === undefined || claimsText === undefined || signatureText === undefined || more.length > 0) return undefined;
  const header = parseObject(headerText);
  const claims = parseObject(claimsText);
  const signature = decodeBase64Url(signatureText);
  if (header === undefined || claims === undefined || signature === undefined) return undefined;
  const { alg, kid } = header;
  if (typeof alg !== "string" || (kid !== undefined && typeof kid !== "string")) return undefined;
  return { algorithm: alg, keyId: kid, claims, signed: encoder.encode(`${headerText}.${claimsText}`), signature };
}

/**
 * Whether one of `keys` made the signature. A key counts only for its own algorithm, so that a token can't choose how it is verified.
 */
export async function verifyToken(token: CompactToken, keys: readonly SigningKey[]): Promise<boolean> {
  for (const key of keys) {
    if (key.algorithm !== token.algorithm || (token.keyId !== undefined && key.id !== token.keyId)) continue;
    if (await key.verify(token.signed, token.signature)) return true;
  }
  return false;
}

function parseObject(encoded: string): Readonly<Record<string, unknown>> | undefined {
  const bytes = decodeBase64Url(encoded);
  if (bytes === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(decoder.decode(bytes));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}
