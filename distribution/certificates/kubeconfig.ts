import type { KeyPair } from "./certificate.ts";

export interface KubeconfigOptions {
  /** The name of cluster, user and context. */
  readonly name: string;
  /** `https://host:port`. */
  readonly server: string;
  /** PEM of the CA of the server's certificate. */
  readonly authority: string;
  readonly user: { readonly certificate: KeyPair } | { readonly token: string };
  readonly namespace?: string;
}

/** The text of a kubeconfig with one context, complete in itself: certificates stand in it, not paths to them. */
export function kubeconfig({ name, server, authority, user, namespace }: KubeconfigOptions): string {
  const credentials =
    "token" in user
      ? [`    token: ${scalar(user.token)}`]
      : [`    client-certificate-data: ${base64(user.certificate.certificate)}`, `    client-key-data: ${base64(user.certificate.key)}`];
  const lines = [
    "apiVersion: v1",
    "kind: Config",
    "clusters:",
    "- cluster:",
    `    certificate-authority-data: ${base64(authority)}`,
    `    server: ${scalar(server)}`,
    `  name: ${scalar(name)}`,
    "contexts:",
    "- context:",
    `    cluster: ${scalar(name)}`,
    ...(namespace === undefined ? [] : [`    namespace: ${scalar(namespace)}`]),
    `    user: ${scalar(name)}`,
    `  name: ${scalar(name)}`,
    `current-context: ${scalar(name)}`,
    "users:",
    `- name: ${scalar(name)}`,
    "  user:",
    ...credentials,
  ];
  return `${lines.join("\n")}\n`;
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** A plain word stays plain; everything else is quoted, as JSON is YAML. */
function scalar(text: string): string {
  return /^[A-Za-z][\w./:-]*$/.test(text) && !text.endsWith(":") && !/^(true|false|yes|no|on|off|null|y|n)$/i.test(text)
    ? text
    : JSON.stringify(text);
}
