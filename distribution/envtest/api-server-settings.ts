import type { KeyPair } from "../certificates/index.ts";
import { pluginsOffByDefault, pluginsOnByDefault } from "./api-server-flags.ts";
import { defined, flagReader, readFlagFile } from "../components/flag-reader.ts";
import { machineAddress } from "../components/machine-address.ts";
import { FlagError, type FlagValues, lastOf, secondsIn } from "../components/flags.ts";

/** What the flags of an API server ask for, read and checked. */
export interface ApiServerSettings {
  readonly etcd: {
    readonly servers: readonly string[];
    readonly prefix: string;
    readonly ca?: string;
    readonly certificate?: string;
    readonly key?: string;
  };
  readonly host: string;
  readonly port: number;
  /** An address of this machine that isn't a loopback one; there may be none. */
  readonly advertised: string | undefined;
  /** The pair to show, or where it lies or has to be made. */
  readonly serving: KeyPair | { readonly directory: string };
  readonly clientAuthority: string | undefined;
  readonly requestHeader: { readonly certificateAuthority: string; readonly allowedNames: readonly string[] } | undefined;
  readonly frontProxy: KeyPair | undefined;
  readonly kubelet: { readonly certificateAuthority?: string; readonly clientCertificate?: KeyPair };
  readonly issuer: string;
  /** PEM: the one that signs, and those that verify beside it. */
  readonly signingKey: string | undefined;
  readonly verificationKeys: readonly string[];
  readonly serviceRanges: readonly string[];
  readonly nodePorts: { readonly first: number; readonly last: number };
  readonly authorizationModes: readonly ("AlwaysAllow" | "Node" | "RBAC")[];
  readonly admission: { readonly enabled: readonly string[]; readonly disabled: readonly string[] };
  readonly runtimeConfig: string;
  readonly eventSeconds: number;
  readonly limits: { readonly reading: number; readonly mutating: number };
  readonly controllers: boolean | readonly string[];
  readonly scheduler: boolean;
  readonly nodes: number;
}

/** Throws a {@link FlagError} that names the flag for what can't be done. */
export function readApiServerSettings(values: FlagValues, environment: Readonly<Record<string, string | undefined>>): ApiServerSettings {
  const { file, pair, ...given } = flagReader(values);
  const text = (name: string, otherwise: string): string => given.text(name) ?? otherwise;
  const number = (name: string, otherwise: number): number => given.number(name) ?? otherwise;
  const servers = values.get("etcd-servers") ?? [];
  if (servers.length === 0) throw new FlagError("--etcd-servers must be specified");
  const issuer = values.get("service-account-issuer")?.[0];
  if (issuer === undefined || lastOf(values, "service-account-signing-key-file") === undefined)
    throw new FlagError("--service-account-signing-key-file and --service-account-issuer are required flags");
  const host = text("bind-address", "0.0.0.0");
  const requestHeader = file("requestheader-client-ca-file");
  const kubeletAuthority = file("kubelet-certificate-authority");
  const kubeletClient = pair("kubelet-client-certificate", "kubelet-client-key");
  const tls = { ca: file("etcd-cafile"), certificate: file("etcd-certfile"), key: file("etcd-keyfile") };
  return {
    etcd: { servers, prefix: text("etcd-prefix", "/registry"), ...defined(tls) },
    host,
    port: number("secure-port", 6443),
    advertised: lastOf(values, "advertise-address") ?? (/^(0\.0\.0\.0|::|127\..*|::1|localhost)$/.test(host) ? machineAddress() : host),
    serving: pair("tls-cert-file", "tls-private-key-file") ?? { directory: text("cert-dir", "/var/run/kubernetes") },
    clientAuthority: file("client-ca-file"),
    requestHeader:
      requestHeader === undefined
        ? undefined
        : { certificateAuthority: requestHeader, allowedNames: values.get("requestheader-allowed-names") ?? [] },
    frontProxy: pair("proxy-client-cert-file", "proxy-client-key-file"),
    kubelet: defined({ certificateAuthority: kubeletAuthority, clientCertificate: kubeletClient }),
    issuer,
    signingKey: file("service-account-signing-key-file"),
    verificationKeys: (values.get("service-account-key-file") ?? []).map((path) => readFlagFile("service-account-key-file", path)),
    serviceRanges: values.get("service-cluster-ip-range") ?? ["10.0.0.0/24"],
    nodePorts: nodePorts(text("service-node-port-range", "30000-32767")),
    authorizationModes: authorizationModes(values.get("authorization-mode") ?? ["AlwaysAllow"]),
    admission: { enabled: plugins(values, "enable-admission-plugins"), disabled: plugins(values, "disable-admission-plugins") },
    runtimeConfig: (values.get("runtime-config") ?? []).join(","),
    eventSeconds: secondsIn(text("event-ttl", "1h")),
    limits: { reading: number("max-requests-inflight", 400), mutating: number("max-mutating-requests-inflight", 200) },
    ...components(environment),
  };
}

/** What the environment adds to the API server. */
function components({
  KUBETS_CONTROLLERS: controllers = "",
  KUBETS_NODES: nodes = "0",
}: Readonly<Record<string, string | undefined>>): Pick<ApiServerSettings, "controllers" | "scheduler" | "nodes"> {
  if (!/^\d{1,6}$/.test(nodes)) throw new FlagError(`KUBETS_NODES is "${nodes}": expected how many simulated nodes there shall be`);
  const count = Number(nodes);
  if (controllers === "all") return { controllers: true, scheduler: true, nodes: count };
  const named = controllers.split(",").filter((name) => name !== "" && name !== "none");
  return { controllers: named.length === 0 ? false : named, scheduler: count > 0 && controllers !== "none", nodes: count };
}

function nodePorts(text: string): ApiServerSettings["nodePorts"] {
  const [, first, last] = /^(\d+)-(\d+)$/.exec(text) ?? [];
  if (first === undefined || Number(first) > Number(last) || Number(last) > 65_535)
    throw new FlagError(`invalid argument "${text}" for "--service-node-port-range" flag: expected FIRST-LAST, such as 30000-32767`);
  return { first: Number(first), last: Number(last) };
}

function authorizationModes(names: readonly string[]): ApiServerSettings["authorizationModes"] {
  return names.map((name) => {
    if (name === "AlwaysAllow" || name === "Node" || name === "RBAC") return name;
    throw new FlagError(`--authorization-mode: this server can't do ${name}: expected AlwaysAllow, Node or RBAC`);
  });
}

function plugins(values: FlagValues, flag: string): readonly string[] {
  const names = values.get(flag) ?? [];
  const unknown = names.find((name) => !pluginsOnByDefault.includes(name) && !pluginsOffByDefault.includes(name));
  if (unknown !== undefined) throw new FlagError(`${flag} plugin "${unknown}" is unknown`);
  return names;
}
