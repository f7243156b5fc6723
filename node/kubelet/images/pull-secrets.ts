import type { Secret } from "@kubets/api";
import type { RegistryCredentials } from "@kubets/container-runtime";
import { fromBase64 } from "../volumes/from-base64.ts";

interface Login {
  readonly username?: string;
  readonly password?: string;
  readonly auth?: string;
}

/** The logins in a Pod's pull secrets that are meant for the registry of an image. What can't be read has none. */
export function credentialsFor(image: string, secrets: readonly Secret[]): readonly RegistryCredentials[] {
  const registry = registryOf(image);
  return secrets
    .flatMap((secret) => loginsOf(secret))
    .flatMap(([server, { username, password, auth }]) => {
      const host = server.replace(/^https?:\/\//, "").split("/", 1)[0]!;
      if (host !== registry && !(registry === "docker.io" && host === "index.docker.io")) return [];
      const login = { ...(username === undefined ? {} : { username }), ...(password === undefined ? {} : { password }) };
      return [{ serverAddress: server, ...login, ...(auth === undefined || username !== undefined ? {} : { auth }) }];
    });
}

function loginsOf({ type, data = {} }: Secret): readonly (readonly [string, Login])[] {
  const modern = data[".dockerconfigjson"];
  const text = type === "kubernetes.io/dockercfg" ? data[".dockercfg"] : modern;
  if (text === undefined) return [];
  try {
    const parsed = JSON.parse(new TextDecoder().decode(fromBase64(text))) as { readonly auths?: Record<string, Login> } & Record<
      string,
      Login
    >;
    return Object.entries(modern === undefined ? parsed : (parsed.auths ?? {}));
  } catch {
    return [];
  }
}

export function registryOf(image: string): string {
  const [first = "", ...rest] = image.split("/");
  return rest.length > 0 && /[.:]|^localhost$/.test(first) ? first : "docker.io";
}
