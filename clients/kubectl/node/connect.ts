import { createKubeconfigTransport, type Kubeconfig, readKubeconfig, selectContext, type SelectedContext } from "@kubets/client/node";
import type { Clock, Tasks } from "@kubets/machinery";
import type { FlagValues } from "../command-line/flags.ts";
import { CommandError, UnreachableError } from "../errors.ts";
import { createApi } from "../requests/api.ts";
import { type ApiResources, discover } from "../requests/api-resource.ts";
import type { Connection } from "../requests/connection.ts";

export interface ConnectOptions {
  readonly files: readonly string[];
  readonly clock: Clock;
  readonly tasks: Tasks;
  readonly signal: AbortSignal;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly warn: (text: string) => void;
}

/** Opens the cluster of the kubeconfig's context, changed by what the flags say. */
export async function connectByKubeconfig(flags: FlagValues, options: ConnectOptions): Promise<Connection> {
  const context = override(choose(await readIfThere(options.files, flags), flags), flags);
  const transport = await createKubeconfigTransport(context, options);
  const api = createApi({ transport, server: hostOf(context.cluster.server), signal: options.signal, warn: options.warn });
  let resources: Promise<ApiResources> | undefined;
  return {
    api,
    server: context.cluster.server,
    namespace: flags.text("namespace") ?? context.namespace,
    namespaceGiven: flags.has("namespace"),
    resources: () => (resources ??= discover(api)),
    close: () => transport.close(),
  };
}

const nothing: Kubeconfig = { currentContext: "", contexts: new Map(), clusters: new Map(), users: new Map() };

async function readIfThere(files: readonly string[], flags: FlagValues): Promise<Kubeconfig> {
  try {
    return await readKubeconfig(files);
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    const isMissing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    if (!isMissing) throw error;
    if (flags.has("kubeconfig")) throw new CommandError(`stat ${files[0]}: no such file or directory`, { cause: error });
    return nothing;
  }
}

function choose(kubeconfig: Kubeconfig, flags: FlagValues): SelectedContext {
  const name = flags.text("context");
  if (name === undefined && kubeconfig.currentContext === "") {
    const server = flags.text("server");
    // As upstream has it: without any configuration the server is the one that nobody runs any more.
    if (server === undefined)
      throw new UnreachableError("The connection to the server localhost:8080 was refused - did you specify the right host or port?");
    return { name: "", namespace: "default", cluster: { server, skipVerification: false }, user: {} };
  }
  return selectContext(kubeconfig, name);
}

function override(context: SelectedContext, flags: FlagValues): SelectedContext {
  const authority = flags.text("certificate-authority");
  const token = flags.text("token");
  return {
    ...context,
    cluster: {
      ...context.cluster,
      ...(flags.has("server") ? { server: flags.text("server")! } : {}),
      ...(authority === undefined ? {} : { certificateAuthority: { in: "file", path: authority } }),
      ...(flags.is("insecure-skip-tls-verify") ? { skipVerification: true } : {}),
    },
    user: token === undefined ? context.user : { token },
  };
}

function hostOf(server: string): string {
  return URL.canParse(server) ? new URL(server).host : server;
}
