import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createCertificates, type TestCertificates } from "../testing/certificates.ts";
import { createWorld } from "../testing/harness.ts";
import { type CuttableServer, serveCuttably } from "../testing/https-server.ts";
import { createKubeconfigTransport, selectContext } from "./kubeconfig-transport.ts";
import { kubeconfigFiles, parseKubeconfig, readKubeconfig } from "./kubeconfig.ts";

let directory: string;
let certificates: TestCertificates;
let server: CuttableServer;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "kubeconfig-"));
  certificates = await createCertificates();
  server = await serveCuttably(
    async ({ headers }, peer) => {
      const answer = { authorization: headers["authorization"], user: peer.via === "network" ? peer.certificate?.commonName : undefined };
      return { status: 200, headers: {}, body: { kind: "bytes", bytes: () => new TextEncoder().encode(JSON.stringify(answer)) } };
    },
    certificates,
    createWorld().tasks,
  );
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** A kubeconfig of one context for the server of this file, with this user. */
const aKubeconfig = (user: string): string => `
apiVersion: v1
kind: Config
current-context: here
contexts: [{name: here, context: {cluster: c, user: u, namespace: team}}]
clusters: [{name: c, cluster: {server: "${server.url}", certificate-authority-data: ${base64(certificates.authority)}}}]
users: [{name: u, user: ${user}}]
`;

async function asks(kubeconfig: string): Promise<unknown> {
  const world = createWorld();
  const transport = await createKubeconfigTransport(selectContext(parseKubeconfig(kubeconfig, directory)), {
    ...world,
    environment: { PATH: process.env["PATH"] },
  });
  try {
    return await (await transport.send({ method: "GET", target: "/api", headers: {} }, new AbortController().signal)).object();
  } finally {
    await transport.close();
  }
}

describe("a kubeconfig", () => {
  test("is found where kubectl finds it", () => {
    const home = "/home/me";
    expect(kubeconfigFiles({ environment: {}, home })).toEqual(["/home/me/.kube/config"]);
    expect(kubeconfigFiles({ environment: { KUBECONFIG: "/a::/b" }, home })).toEqual(["/a", "/b"]);
    expect(kubeconfigFiles({ explicit: "/c", environment: { KUBECONFIG: "/a" }, home })).toEqual(["/c"]);
  });

  test("of several files counts what the first says", async () => {
    const [first, second] = [join(directory, "first"), join(directory, "second")];
    await writeFile(
      first,
      "contexts: [{name: x, context: {cluster: one, user: u}}]\nclusters: [{name: one, cluster: {server: https://one}}]\n",
    );
    await writeFile(
      second,
      "current-context: x\ncontexts: [{name: x, context: {cluster: two}}, {name: other, context: {cluster: two}}]\nusers: [{name: u, user: {token: 123}}]\n",
    );
    const merged = await readKubeconfig([first, join(directory, "missing"), second]);
    expect(selectContext(merged)).toMatchObject({
      name: "x",
      namespace: "default",
      cluster: { server: "https://one" },
      user: { token: "123" },
    });
    expect([...merged.contexts.keys()].sort()).toEqual(["other", "x"]);
    await expect(readKubeconfig([join(directory, "missing")])).rejects.toThrow(/Cannot read the kubeconfig .*missing/);
  });

  test("that names what is not there is refused by name", () => {
    const config = parseKubeconfig(
      "contexts: [{name: x, context: {cluster: c}}, {name: other, context: {cluster: d, user: u}}]\nclusters: [{name: d, cluster: {server: s}}]",
      "/",
    );
    expect(() => selectContext(config)).toThrow(/no current context: choose one of x, other/);
    expect(() => selectContext(config, "z")).toThrow('context "z" does not exist');
    expect(() => selectContext(config, "x")).toThrow('cluster "c" does not exist');
    expect(() => selectContext(config, "other")).toThrow('auth info "u" does not exist');
    expect(() => parseKubeconfig("contexts: {}", "/")).toThrow("contexts is not a list");
  });

  test("with a certificate, inline or in files beside it, makes a transport that shows it", async () => {
    const { certificate, key } = certificates.client;
    expect(await asks(aKubeconfig(`{client-certificate-data: ${base64(certificate)}, client-key-data: ${base64(key)}}`))).toEqual({
      user: "alice",
    });
    await writeFile(join(directory, "client.crt"), certificate);
    await writeFile(join(directory, "client.key"), key);
    expect(await asks(aKubeconfig("{client-certificate: client.crt, client-key: ./client.key}"))).toEqual({ user: "alice" });
  });

  test("with a token, a password or a token file makes a transport that sends it", async () => {
    await writeFile(join(directory, "token"), "from a file\n");
    expect(await asks(aKubeconfig("{token: secret}"))).toEqual({ authorization: "Bearer secret" });
    expect(await asks(aKubeconfig("{username: me, password: secret}"))).toEqual({ authorization: `Basic ${base64("me:secret")}` });
    expect(await asks(aKubeconfig("{tokenFile: token, token: not this one}"))).toEqual({ authorization: "Bearer from a file" });
  });

  test("with a credential plugin runs it", async () => {
    const [plugin, info] = [join(directory, "plugin"), join(directory, "info")];
    const answer = '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s"}}';
    await writeFile(plugin, `#!/bin/sh\nprintf '%s' "$KUBERNETES_EXEC_INFO" > ${info}\nprintf '${answer}' "$1-$EXTRA"\n`);
    await chmod(plugin, 0o755);
    const user =
      "{exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, args: [one], env: [{name: EXTRA, value: two}], provideClusterInfo: true}}";
    expect(await asks(aKubeconfig(user))).toEqual({ authorization: "Bearer one-two" });
    expect(JSON.parse(await readFile(info, "utf8"))).toEqual({
      apiVersion: "client.authentication.k8s.io/v1",
      kind: "ExecCredential",
      spec: { interactive: false, cluster: { server: server.url, "certificate-authority-data": base64(certificates.authority) } },
    });
    const failing = "{exec: {apiVersion: client.authentication.k8s.io/v1, command: ./absent, installHint: Install it from the shop.}}";
    await expect(asks(aKubeconfig(failing))).rejects.toThrow(/absent[^]*Install it from the shop\./);
  });
});
