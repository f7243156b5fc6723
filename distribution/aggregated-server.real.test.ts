import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { EndpointSliceKind, ServiceKind, APIServiceKind } from "@kubets/api";
import { type HttpsServer, serveHttps } from "@kubets/apiserver/node";
import { createTasks, type Dialer, type DialTarget, type Instant, silent, unmeasured } from "@kubets/machinery";
import { createSigningKey, createSystemClock, createSystemRandom, turn, signatureVerifier } from "@kubets/machinery/node";
import { createMemoryStore } from "@kubets/store/memory";
import { realKubectls, run } from "@kubets/testkit/real-kubectl";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Certificates, createCertificates, kubeconfig } from "./certificates/index.ts";
import { issueCertificate } from "./certificates/certificate.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { createDialer } from "./dialer.ts";

// A server of flunders on this machine, behind the API server, over TLS both ways; asked by every real kubectl.
const kubectls = realKubectls().map((path) => [path.slice(path.lastIndexOf("/") + 1), path] as const);
const group = "wardle.example.com";
const root = `/apis/${group}/v1alpha1`;

const clock = createSystemClock();
const random = createSystemRandom();
const tasks = createTasks({ turn });
let certificates: Certificates;
let sample: Server;
let controlPlane: ControlPlane;
let server: HttpsServer;
let folder: string;
const callers: string[] = [];

beforeAll(async () => {
  certificates = await createCertificates({ clock, random, hostnames: [], addresses: ["127.0.0.1"], serviceAddress: "10.96.0.1" });
  sample = await listen();
  const { port } = sample.address() as AddressInfo;
  const dialer = createDialer({ tasks });
  // Endpoints can't be on loopback; the test's server is nowhere else.
  const here = (target: DialTarget): DialTarget => ({ ...target, origin: `https://127.0.0.1:${port}` });
  const toSample: Dialer = {
    request: (target, request, signal) => dialer.request(here(target), request, signal),
    upgrade: (target, request, signal) => dialer.upgrade(here(target), request, signal),
  };
  const surroundings = { clock, random, tasks, logger: silent, metrics: unmeasured };
  controlPlane = await startControlPlane({
    ...surroundings,
    store: createMemoryStore(surroundings),
    signingKeys: [createSigningKey()],
    signatures: signatureVerifier,
    issuer: "https://kubernetes.default.svc.cluster.local",
    trust: {
      clientCertificateAuthority: certificates.authority,
      requestHeader: { certificateAuthority: certificates.frontProxyAuthority, allowedNames: ["front-proxy-client"] },
    },
    frontProxy: await certificates.client("front-proxy-client"),
    server: { dialer: toSample },
    components: { controllers: false, scheduler: false },
  });
  server = await serveHttps({
    handle: controlPlane.apiServer.handle,
    tasks,
    logger: silent,
    serving: certificates.serving,
    clientCertificateAuthority: certificates.authority,
  });
  folder = mkdtempSync(join(tmpdir(), "kubets-aggregated-"));
  const user = { certificate: await certificates.client("admin") };
  writeFileSync(join(folder, "kubeconfig"), kubeconfig({ name: "t", server: server.url, authority: certificates.authority, user }));
  await register();
});
afterAll(async () => {
  await server.close({ graceMilliseconds: 0 });
  await controlPlane.stop();
  sample.closeAllConnections();
  await new Promise((resolve) => void sample.close(resolve));
  rmSync(folder, { recursive: true });
});

async function listen(): Promise<Server> {
  const now = clock.now();
  const day = 86_400_000;
  const { certificate, key } = issueCertificate(
    {
      subject: { commonName: "sample-api" },
      use: "server",
      alternativeNames: { hostnames: ["sample-api.default.svc"], addresses: [] },
      notBefore: (now - day) as Instant,
      notAfter: (now + day) as Instant,
    },
    { issuer: { certificate: certificates.authority, key: certificates.authorityKey }, random },
  );
  const listening = createServer(
    { cert: certificate, key, ca: certificates.frontProxyAuthority, requestCert: true },
    (request, response) => {
      const { CN } = (request.socket as TLSSocket).getPeerCertificate().subject;
      callers.push(`${String(CN)} for ${String(request.headers["x-remote-user"])} in ${String(request.headers["x-remote-group"])}`);
      const path = (request.url ?? "").split("?")[0] ?? "";
      const answer = answers[path];
      response.writeHead(answer === undefined ? 404 : 200, { "content-type": "application/json" });
      response.end(JSON.stringify(answer ?? { kind: "Status", apiVersion: "v1", status: "Failure", code: 404, reason: "NotFound" }));
    },
  );
  await new Promise<void>((resolve) => void listening.listen(0, "127.0.0.1", resolve));
  return listening;
}

const verbs = ["get", "list"];
const answers: Readonly<Record<string, unknown>> = {
  [root]: {
    kind: "APIResourceList",
    groupVersion: `${group}/v1alpha1`,
    resources: [{ name: "flunders", singularName: "flunder", namespaced: true, kind: "Flunder", verbs, shortNames: ["fl"] }],
  },
  [`${root}/namespaces/default/flunders`]: {
    kind: "FlunderList",
    apiVersion: `${group}/v1alpha1`,
    metadata: {},
    items: [{ kind: "Flunder", apiVersion: `${group}/v1alpha1`, metadata: { name: "one", namespace: "default" } }],
  },
};

async function register(): Promise<void> {
  const client = controlPlane.clientFor({ name: "admin", groups: ["system:masters"] });
  const metadata = { name: "sample-api" };
  await client
    .resource(ServiceKind)
    .in("default")
    .create({ metadata, spec: { ports: [{ port: 443 }] } });
  await client
    .resource(EndpointSliceKind)
    .in("default")
    .create({
      metadata: { ...metadata, labels: { "kubernetes.io/service-name": "sample-api" } },
      addressType: "IPv4",
      ports: [{ name: "", port: 8443 }],
      endpoints: [{ addresses: ["192.0.2.1"] }],
    });
  await client.resource(APIServiceKind).create({
    metadata: { name: `v1alpha1.${group}` },
    spec: {
      service: { namespace: "default", name: "sample-api" },
      group,
      version: "v1alpha1",
      caBundle: btoa(certificates.authority),
      groupPriorityMinimum: 2000,
      versionPriority: 200,
    },
  });
}

describe.skipIf(kubectls.length === 0)("a server behind the API server, by a real kubectl", () => {
  test.each(kubectls)("%s finds and lists what it serves", async (_name, kubectl) => {
    const k = (...args: readonly string[]): Promise<string> => run(kubectl, args, join(folder, "kubeconfig"));
    await k("wait", "--for=condition=Available", `apiservice/v1alpha1.${group}`, "--timeout=30s");
    expect(await k("api-resources", `--api-group=${group}`, "--no-headers")).toMatch(
      /^flunders +fl +wardle\.example\.com\/v1alpha1 +true +Flunder\n$/,
    );
    expect(await k("get", "fl", "--no-headers")).toMatch(/^one +/);
    expect(JSON.parse(await k("get", "--raw", `${root}/namespaces/default/flunders`))).toMatchObject({ kind: "FlunderList" });
    expect(await k("get", "apiservice", `v1alpha1.${group}`, "--no-headers")).toMatch(
      /^v1alpha1\.wardle\.example\.com +default\/sample-api +True +/,
    );
    expect(callers).toContain("front-proxy-client for kubernetes-admin in system:masters, system:authenticated");
  });
});
