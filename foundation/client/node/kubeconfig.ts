import { readFile } from "node:fs/promises";
import { delimiter, dirname, join, resolve } from "node:path";
import { parseYaml } from "@kubets/machinery";

/** What one or more kubeconfig files say, merged. Paths in it are absolute. */
export interface Kubeconfig {
  readonly currentContext: string;
  readonly contexts: ReadonlyMap<string, KubeconfigContext>;
  readonly clusters: ReadonlyMap<string, KubeconfigCluster>;
  readonly users: ReadonlyMap<string, KubeconfigUser>;
}

export interface KubeconfigContext {
  readonly cluster: string;
  readonly user: string;
  readonly namespace?: string;
}

export interface KubeconfigCluster {
  readonly server: string;
  readonly certificateAuthority?: FileOrData;
  readonly serverName?: string;
  readonly skipVerification: boolean;
}

export interface KubeconfigUser {
  readonly clientCertificate?: FileOrData;
  readonly clientKey?: FileOrData;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly basic?: { readonly username: string; readonly password: string };
  readonly exec?: CredentialPlugin;
}

/** A PEM text, or the file that holds it. */
export type FileOrData = { readonly in: "file"; readonly path: string } | { readonly in: "text"; readonly text: string };

/** A program that is run for credentials (`client.authentication.k8s.io`). */
export interface CredentialPlugin {
  readonly apiVersion: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly installHint: string;
  readonly provideClusterInfo: boolean;
}

/** The files to read: `explicit` (`--kubeconfig`) alone, or those of `$KUBECONFIG`, or `~/.kube/config`. */
export function kubeconfigFiles({
  explicit,
  environment,
  home,
}: {
  readonly explicit?: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly home: string;
}): readonly string[] {
  if (explicit !== undefined) return [explicit];
  const listed = (environment["KUBECONFIG"] ?? "").split(delimiter).filter((path) => path !== "");
  return listed.length > 0 ? listed : [join(home, ".kube", "config")];
}

/**
 * Reads kubeconfig files and merges them: what an earlier file says of a name counts. Files that aren't there are passed over
 * unless it is the only one.
 */
export async function readKubeconfig(paths: readonly string[]): Promise<Kubeconfig> {
  const read = await Promise.all(paths.map((path) => readOne(path, { mayBeMissing: paths.length > 1 })));
  const files = read.filter((file) => file !== undefined);
  const merge = <Value>(maps: readonly ReadonlyMap<string, Value>[]): ReadonlyMap<string, Value> =>
    new Map(maps.toReversed().flatMap((map) => [...map]));
  return {
    currentContext: files.find(({ currentContext }) => currentContext !== "")?.currentContext ?? "",
    contexts: merge(files.map(({ contexts }) => contexts)),
    clusters: merge(files.map(({ clusters }) => clusters)),
    users: merge(files.map(({ users }) => users)),
  };
}

async function readOne(path: string, { mayBeMissing }: { readonly mayBeMissing: boolean }): Promise<Kubeconfig | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (mayBeMissing && error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw new Error(`Cannot read the kubeconfig ${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  try {
    return parseKubeconfig(text, dirname(resolve(path)));
  } catch (error) {
    throw new Error(`Cannot read the kubeconfig ${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** Reads the text of a kubeconfig; relative paths in it are meant from `directory`. */
export function parseKubeconfig(text: string, directory: string): Kubeconfig {
  const root = mapOf(parseYaml(text).value, "the file");
  const from = (path: string): string => resolve(directory, path);
  return {
    currentContext: textOf(root, "current-context") ?? "",
    contexts: named(root, "contexts", "context", (context) => {
      const namespace = textOf(context, "namespace");
      return {
        cluster: textOf(context, "cluster") ?? "",
        user: textOf(context, "user") ?? "",
        ...(namespace === undefined ? {} : { namespace }),
      };
    }),
    clusters: named(root, "clusters", "cluster", (cluster) => ({
      server: textOf(cluster, "server") ?? "",
      ...given("certificateAuthority", fileOrData(cluster, "certificate-authority", from)),
      ...given("serverName", textOf(cluster, "tls-server-name")),
      skipVerification: cluster["insecure-skip-tls-verify"] === true,
    })),
    users: named(root, "users", "user", (user) => {
      const tokenFile = textOf(user, "tokenFile");
      const username = textOf(user, "username");
      return {
        ...given("clientCertificate", fileOrData(user, "client-certificate", from)),
        ...given("clientKey", fileOrData(user, "client-key", from)),
        ...given("token", textOf(user, "token")),
        ...given("tokenFile", tokenFile === undefined ? undefined : from(tokenFile)),
        ...given("basic", username === undefined ? undefined : { username, password: textOf(user, "password") ?? "" }),
        ...given("exec", pluginOf(user["exec"], from)),
      };
    }),
  };
}

type YamlMap = Readonly<Record<string, unknown>>;

function given<Name extends string, Value>(name: Name, value: Value | undefined): { readonly [K in Name]?: Value } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [K in Name]?: Value };
}

function mapOf(value: unknown, what: string): YamlMap {
  if (value === null || value === undefined) return {};
  if (typeof value !== "object" || Array.isArray(value)) throw new Error(`${what} is not a map`);
  return value as YamlMap;
}

/** A text; a number stands for its digits, as tokens without quotes do. */
function textOf(map: YamlMap, name: string): string | undefined {
  const value = map[name];
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  throw new Error(`${name} is not a text`);
}

function named<Value>(root: YamlMap, list: string, member: string, read: (entry: YamlMap) => Value): ReadonlyMap<string, Value> {
  const entries = root[list] ?? [];
  if (!Array.isArray(entries)) throw new Error(`${list} is not a list`);
  return new Map(
    entries.map((each: unknown) => {
      const entry = mapOf(each, `an entry of ${list}`);
      return [textOf(entry, "name") ?? "", read(mapOf(entry[member], `${list}.${member}`))] as const;
    }),
  );
}

function fileOrData(map: YamlMap, name: string, from: (path: string) => string): FileOrData | undefined {
  const data = textOf(map, `${name}-data`);
  if (data !== undefined) return { in: "text", text: Buffer.from(data, "base64").toString("utf8") };
  const path = textOf(map, name);
  return path === undefined ? undefined : { in: "file", path: from(path) };
}

function pluginOf(value: unknown, from: (path: string) => string): CredentialPlugin | undefined {
  if (value === undefined || value === null) return undefined;
  const exec = mapOf(value, "exec");
  const command = textOf(exec, "command");
  if (command === undefined) throw new Error("exec has no command");
  const env = (Array.isArray(exec["env"]) ? exec["env"] : []).map((each: unknown) => mapOf(each, "an entry of exec.env"));
  return {
    apiVersion: textOf(exec, "apiVersion") ?? "client.authentication.k8s.io/v1",
    // A command with a slash is a path from the file's directory; one without is looked for in PATH.
    command: command.includes("/") ? from(command) : command,
    args: (Array.isArray(exec["args"]) ? exec["args"] : []).map(String),
    env: Object.fromEntries(env.map((each) => [textOf(each, "name") ?? "", textOf(each, "value") ?? ""])),
    installHint: textOf(exec, "installHint") ?? "",
    provideClusterInfo: exec["provideClusterInfo"] === true,
  };
}
