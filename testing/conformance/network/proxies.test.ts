import { PodKind, ServiceKind } from "@kubets/api";
import { expect, test } from "vitest";
import { conformanceCluster } from "../conformance-cluster.ts";
import { podNetwork } from "../pod-network.ts";
import { aPod, podReady } from "../workloads.ts";

/** What each port of the Pod says, over TLS or without. */
const said: Readonly<Record<string, string>> = {
  "http 160": "foo",
  "http 162": "bar",
  "https 443": "tls baz",
  "https 460": "tls qux",
  "http 1080": '<a href="/rewriteme">test</a>',
};

const cluster = conformanceCluster({
  nodes: 1,
  server: {
    dialer: podNetwork(({ method, target }, { number, isTls }) => {
      if (number === 80)
        return { headers: { "content-type": "application/json" }, body: JSON.stringify({ method, path: target, body: "foo" }) };
      const body = said[`${isTls ? "https" : "http"} ${number}`];
      return body === undefined ? { status: 404 } : { headers: { "content-type": number === 1080 ? "text/html" : "text/plain" }, body };
    }),
  },
});

interface Heard {
  readonly status: number;
  readonly location: string | undefined;
  readonly text: string;
}

async function ask(method: string, target: string): Promise<Heard> {
  const answer = await cluster.client.transport.send({ method, target, headers: {} }, new AbortController().signal);
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of answer.chunks()) text += decoder.decode(bytes, { stream: true });
  return { status: answer.status, location: answer.headers["location"], text };
}

/** A Pod behind a Service, both called `agnhost`, ready to be asked. */
async function serving(ports: readonly { readonly name: string; readonly port: number; readonly targetPort: number }[]): Promise<string> {
  const namespace = await cluster.namespace();
  const pods = cluster.client.resource(PodKind).in(namespace);
  await pods.create(aPod("agnhost", { app: "agnhost" }));
  const spec = { selector: { app: "agnhost" }, ports };
  await cluster.client
    .resource(ServiceKind)
    .in(namespace)
    .create({ metadata: { name: "agnhost" }, spec });
  await podReady(cluster, namespace, "agnhost");
  await cluster.until(async () => {
    const port = ports[0]?.name ?? "";
    expect((await ask("GET", `/api/v1/namespaces/${namespace}/services/agnhost:${port}/proxy/`)).status).toBe(200);
  });
  return `/api/v1/namespaces/${namespace}`;
}

const http = [{ name: "", port: 80, targetPort: 80 }];
const writing = ["DELETE", "OPTIONS", "PATCH", "POST", "PUT"];

test("NE-027 a Pod and a Service answer every method through their proxies, and who reads is sent to the slash", async () => {
  const base = await serving(http);
  for (const proxy of [`${base}/pods/agnhost/proxy`, `${base}/services/agnhost/proxy`]) {
    for (const method of writing) {
      const { status, text } = await ask(method, `${proxy}?method=${method}`);
      expect([status, JSON.parse(text)]).toEqual([200, { method, path: `/?method=${method}`, body: "foo" }]);
    }
    for (const method of ["GET", "HEAD"]) {
      expect(await ask(method, `${proxy}?method=${method}`)).toMatchObject({ status: 301, location: `${proxy}/?method=${method}` });
    }
  }
});

test("NE-028 a Pod and a Service answer every method through their proxies with a path", async () => {
  const base = await serving(http);
  for (const proxy of [`${base}/pods/agnhost/proxy`, `${base}/services/agnhost/proxy`]) {
    for (const method of [...writing, "GET"]) {
      const path = `/some/path/with/${method}`;
      const { status, text } = await ask(method, `${proxy}${path}`);
      expect([status, JSON.parse(text)]).toEqual([200, { method, path, body: "foo" }]);
    }
    expect(await ask("HEAD", `${proxy}/some/path/with/HEAD`)).toMatchObject({ status: 200, text: "" });
  }
});

test("NE-029 proxies take ports by name and number, with TLS and without, and links of pages lead through them", async () => {
  const base = await serving([
    { name: "portname1", port: 80, targetPort: 160 },
    { name: "portname2", port: 81, targetPort: 162 },
    { name: "tlsportname1", port: 443, targetPort: 443 },
    { name: "tlsportname2", port: 444, targetPort: 460 },
  ]);
  const answers = {
    "services/agnhost:portname1": "foo",
    "services/http:agnhost:portname1": "foo",
    "services/agnhost:80": "foo",
    "services/agnhost:portname2": "bar",
    "services/http:agnhost:81": "bar",
    "services/https:agnhost:tlsportname1": "tls baz",
    "services/https:agnhost:443": "tls baz",
    "services/https:agnhost:tlsportname2": "tls qux",
    "services/https:agnhost:444": "tls qux",
    "pods/agnhost:160": "foo",
    "pods/http:agnhost:162": "bar",
    "pods/https:agnhost:443": "tls baz",
    "pods/https:agnhost:460": "tls qux",
    "pods/agnhost:1080": `<a href="${base}/pods/agnhost:1080/proxy/rewriteme">test</a>`,
  };
  for (const [proxied, expected] of Object.entries(answers)) {
    expect([proxied, await ask("GET", `${base}/${proxied}/proxy/`)]).toMatchObject([proxied, { status: 200, text: expected }]);
  }
  const { status, text } = await ask("GET", `${base}/services/agnhost:82/proxy/`);
  expect([status, JSON.parse(text)]).toMatchObject([503, { message: 'no service port 82 found for service "agnhost"' }]);
});
