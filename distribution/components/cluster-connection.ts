import { existsSync } from "node:fs";
import { type Client, createClient } from "@kubets/client";
import { createKubeconfigTransport, readKubeconfig, selectContext, type SelectedContext } from "@kubets/client/node";
import type { UserInfo } from "@kubets/machinery";
import type { Surroundings } from "../control-plane.ts";
import type { ConnectionSettings } from "./common-settings.ts";
import { accountTransport, createAccountTokens } from "./service-account-transport.ts";

/** The cluster that a component works for, over HTTPS. */
export interface ClusterConnection extends AsyncDisposable {
  readonly server: string;
  /** As whom the kubeconfig says. */
  client(fieldManager: string): Client;
  /**
   * As the controllers' service accounts where each works as itself: by tokens that are asked for as the kubeconfig's user, and renewed; an
   * account is made when it isn't there. As the kubeconfig's user for everybody else.
   */
  clientOf(user: UserInfo, fieldManager: string, options: { readonly asThemselves: boolean }): Client;
}

type Needed = Pick<Surroundings, "clock" | "tasks">;

/** Nothing is sent before the first request. Rejects when the kubeconfig can't be read, or leads nowhere. */
export async function connectCluster(settings: ConnectionSettings, surroundings: Needed): Promise<ClusterConnection> {
  const context = overridden(settings, settings.kubeconfig === undefined ? ofPod() : await ofFile(settings.kubeconfig));
  const options = { ...surroundings, environment: process.env };
  const own = await createKubeconfigTransport(context, options);
  const tokens = createAccountTokens({ client: createClient(own, { userAgent: "kubets" }), clock: surroundings.clock });
  // All accounts on one connection: who asks is in each request.
  const anonymous = await createKubeconfigTransport({ ...context, user: {} }, options);
  return {
    server: context.cluster.server,
    client: (fieldManager) => createClient(own, { fieldManager, userAgent: fieldManager }),
    clientOf(user, fieldManager, { asThemselves }) {
      const transport = (asThemselves ? accountTransport(anonymous, tokens, user) : undefined) ?? own;
      return createClient(transport, { fieldManager, userAgent: fieldManager });
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([own.close(), anonymous.close()]);
    },
  };
}

async function ofFile(path: string): Promise<SelectedContext> {
  return selectContext(await readKubeconfig([path]));
}

const accountDirectory = "/var/run/secrets/kubernetes.io/serviceaccount";

/** What every Pod finds: the address in its environment, and its token and the CA in files. */
function ofPod(): SelectedContext {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env;
  if (host === undefined || port === undefined || !existsSync(`${accountDirectory}/token`))
    throw new Error("Cannot find the cluster: neither --kubeconfig is given, nor is this a Pod with a service account");
  return {
    name: "in-cluster",
    namespace: "kube-system",
    cluster: {
      server: `https://${host.includes(":") ? `[${host}]` : host}:${port}`,
      certificateAuthority: { in: "file", path: `${accountDirectory}/ca.crt` },
      skipVerification: false,
    },
    user: { tokenFile: `${accountDirectory}/token` },
  };
}

function overridden({ server }: ConnectionSettings, context: SelectedContext): SelectedContext {
  return server === undefined ? context : { ...context, cluster: { ...context.cluster, server } };
}
