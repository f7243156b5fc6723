import { readFile } from "node:fs/promises";
import type { Clock, Tasks } from "@kubets/machinery";
import type { Transport } from "../transport.ts";
import { pluginCredentials } from "./credential-plugin.ts";
import { createHttpsTransport, type Credentials } from "./https-transport.ts";
import type { FileOrData, Kubeconfig, KubeconfigCluster, KubeconfigUser } from "./kubeconfig.ts";

/** A context with what it names. */
export interface SelectedContext {
  readonly name: string;
  /** `default` when the context names none. */
  readonly namespace: string;
  readonly cluster: KubeconfigCluster;
  readonly user: KubeconfigUser;
}

/** The context of that name, or the current one. Throws when there is none, or it names what isn't there. */
export function selectContext({ contexts, clusters, users, currentContext }: Kubeconfig, name: string = currentContext): SelectedContext {
  if (name === "") throw new Error("The kubeconfig has no current context: choose one of " + ([...contexts.keys()].join(", ") || "none"));
  const context = contexts.get(name);
  if (context === undefined) throw new Error(`context "${name}" does not exist`);
  const cluster = clusters.get(context.cluster);
  if (cluster === undefined) throw new Error(`cluster "${context.cluster}" does not exist`);
  const user = context.user === "" ? {} : users.get(context.user);
  if (user === undefined) throw new Error(`auth info "${context.user}" does not exist`);
  return { name, namespace: context.namespace ?? "default", cluster, user };
}

export interface KubeconfigTransportOptions {
  readonly tasks: Tasks;
  readonly clock: Clock;
  /** What credential plugins are run in. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** A transport to the cluster of a context, as its user. */
export async function createKubeconfigTransport(context: SelectedContext, options: KubeconfigTransportOptions): Promise<Transport> {
  const { cluster } = context;
  const certificateAuthority = await textOf(cluster.certificateAuthority);
  return createHttpsTransport({
    url: cluster.server,
    ...(certificateAuthority === undefined ? {} : { certificateAuthority }),
    ...(cluster.serverName === undefined ? {} : { serverName: cluster.serverName }),
    skipVerification: cluster.skipVerification,
    credentials: await credentialsOf(context, options),
    tasks: options.tasks,
  });
}

async function credentialsOf({ user, cluster }: SelectedContext, options: KubeconfigTransportOptions): Promise<readonly Credentials[]> {
  const credentials: Credentials[] = [];
  const [certificate, key] = [await textOf(user.clientCertificate), await textOf(user.clientKey)];
  if (certificate !== undefined && key !== undefined) credentials.push({ by: "certificate", certificate, key });
  if (user.token !== undefined && user.tokenFile === undefined) credentials.push(bearer(user.token));
  else if (user.tokenFile !== undefined) credentials.push(tokenFile(user.tokenFile, options.clock));
  else if (user.basic !== undefined) credentials.push(basic(user.basic));
  else if (user.exec !== undefined) credentials.push(...(await pluginCredentials(user.exec, { ...options, cluster })));
  return credentials;
}

export function bearer(token: string): Credentials {
  return { by: "header", authorization: async () => `Bearer ${token}` };
}

function basic({ username, password }: { readonly username: string; readonly password: string }): Credentials {
  const encoded = Buffer.from(`${username}:${password}`).toString("base64");
  return { by: "header", authorization: async () => `Basic ${encoded}` };
}

/** How old a token read from a file may become, in milliseconds: kubelets renew those of Pods long before they expire. */
const tokenLifetime = 60_000;

/** The token that a file holds, read again every minute. */
export function tokenFile(path: string, clock: Clock): Credentials {
  let last: { readonly token: Promise<string>; readonly at: number } | undefined;
  return {
    by: "header",
    async authorization() {
      if (last === undefined || clock.monotonic() - last.at >= tokenLifetime)
        last = { token: readFile(path, "utf8"), at: clock.monotonic() };
      try {
        return `Bearer ${(await last.token).trim()}`;
      } catch (error) {
        last = undefined;
        throw new Error(`Cannot read the token file ${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
      }
    },
  };
}

async function textOf(source: FileOrData | undefined): Promise<string | undefined> {
  if (source === undefined) return undefined;
  return source.in === "text" ? source.text : readFile(source.path, "utf8");
}
