import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { type Clock, parseTime, type Tasks } from "@kubets/machinery";
import type { Credentials } from "./https-transport.ts";
import type { CredentialPlugin, KubeconfigCluster } from "./kubeconfig.ts";

export interface PluginOptions {
  readonly tasks: Tasks;
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly cluster: KubeconfigCluster;
}

/** What a plugin answers, as far as it counts here (`ExecCredential.status`). */
interface Answer {
  readonly token?: string;
  readonly clientCertificateData?: string;
  readonly clientKeyData?: string;
  readonly expirationTimestamp?: string;
}

/**
 * Runs a credential plugin, as `kubectl` would without a terminal. A token is asked for again when it has expired; a certificate
 * holds for as long as the transport.
 */
export async function pluginCredentials(plugin: CredentialPlugin, options: PluginOptions): Promise<readonly Credentials[]> {
  const { clock } = options;
  let answer = await run(plugin, options);
  const { clientCertificateData, clientKeyData, token } = answer;
  if (clientCertificateData !== undefined && clientKeyData !== undefined) {
    return [{ by: "certificate", certificate: clientCertificateData, key: clientKeyData }];
  }
  if (token === undefined) throw new Error(`The credential plugin ${plugin.command} answered neither a token nor a certificate`);
  let renewal: Promise<Answer> | undefined;
  const isExpired = ({ expirationTimestamp }: Answer): boolean => {
    const expires = expirationTimestamp === undefined ? undefined : parseTime(expirationTimestamp);
    return expires !== undefined && expires <= clock.now();
  };
  return [
    {
      by: "header",
      async authorization() {
        if (isExpired(answer)) {
          // However many requests find it expired, it is asked for once.
          renewal ??= run(plugin, options).finally(() => {
            renewal = undefined;
          });
          answer = await renewal;
        }
        return `Bearer ${answer.token ?? ""}`;
      },
    },
  ];
}

const runFile = promisify(execFile);

function run(plugin: CredentialPlugin, { tasks, environment, cluster }: PluginOptions): Promise<Answer> {
  const { command, args, env, apiVersion, installHint, provideClusterInfo } = plugin;
  return tasks.run("credential plugin", async () => {
    const spec = { interactive: false, ...(provideClusterInfo ? { cluster: await describe(cluster) } : {}) };
    const info = JSON.stringify({ apiVersion, kind: "ExecCredential", spec });
    let output: string;
    try {
      ({ stdout: output } = await runFile(command, [...args], { env: { ...environment, ...env, KUBERNETES_EXEC_INFO: info } }));
    } catch (error) {
      const hint = installHint === "" ? "" : `\n${installHint}`;
      throw new Error(`Cannot get credentials: exec: ${error instanceof Error ? error.message : String(error)}${hint}`, { cause: error });
    }
    const credential = JSON.parse(output) as { readonly kind?: string; readonly apiVersion?: string; readonly status?: Answer };
    if (credential.kind !== "ExecCredential" || credential.apiVersion !== apiVersion || credential.status === undefined) {
      throw new Error(`Cannot get credentials: ${command} did not answer an ExecCredential of ${apiVersion}`);
    }
    return credential.status;
  });
}

async function describe({ server, certificateAuthority, serverName, skipVerification }: KubeconfigCluster): Promise<object> {
  const pem =
    certificateAuthority === undefined
      ? undefined
      : certificateAuthority.in === "text"
        ? certificateAuthority.text
        : await readFile(certificateAuthority.path, "utf8");
  return {
    server,
    ...(serverName === undefined ? {} : { "tls-server-name": serverName }),
    ...(skipVerification ? { "insecure-skip-tls-verify": true } : {}),
    ...(pem === undefined ? {} : { "certificate-authority-data": Buffer.from(pem).toString("base64") }),
  };
}
