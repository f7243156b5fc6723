import type { Dialer, DialRequest, DialTarget } from "@kubets/machinery";
import { expect, test } from "vitest";
import { startTestServer, type TestServer } from "../../testing/test-server.ts";

interface Site {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** In the pieces in which it comes. */
  readonly page?: readonly string[];
}

interface World extends TestServer {
  readonly asked: readonly { readonly target: DialTarget; readonly request: DialRequest }[];
}

/** A Pod `web` at 10.244.0.5:8080, behind which is the site. */
async function serving(site: Site): Promise<World> {
  const asked: World["asked"][number][] = [];
  const dialer: Dialer = {
    async request(target, request) {
      asked.push({ target, request });
      const { status = 200, headers = { "content-type": "text/html; charset=utf-8" }, page = [request.method] } = site;
      return {
        status,
        headers,
        body: (async function* () {
          for (const piece of page) yield new TextEncoder().encode(piece);
        })(),
      };
    },
    upgrade: () => Promise.reject(new Error("no upgrades here")),
  };
  const world = await startTestServer({ dialer });
  const containers = [{ name: "a", image: "i", ports: [{ containerPort: 8080 }] }];
  await world.send("POST", "/api/v1/namespaces/default/pods", {
    body: { kind: "Pod", apiVersion: "v1", metadata: { name: "web" }, spec: { nodeName: "n1", containers } },
  });
  await world.send("PATCH", "/api/v1/namespaces/default/pods/web/status", {
    headers: { "content-type": "application/merge-patch+json" },
    body: { status: { podIP: "10.244.0.5", podIPs: [{ ip: "10.244.0.5" }] } },
  });
  return { ...world, asked, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

const proxy = "/api/v1/namespaces/default/pods/web/proxy";

test.each(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])(
  "%s goes through to the Pod with its body and headers",
  async (method) => {
    await using world = await serving({ headers: { "x-answer": "yes" } });
    const answer = await world.send(method, `${proxy}/a/../b/?x=%2F`, {
      body: new TextEncoder().encode("said"),
      headers: { "x-asked": "yes", authorization: "Bearer secret", "impersonate-user": "jane", connection: "close, X-Hop", "x-hop": "1" },
    });
    expect([answer.status, answer.headers["x-answer"]]).toEqual([200, "yes"]);
    const { request, target } = world.asked[0]!;
    expect(target).toEqual({ origin: "http://10.244.0.5:8080" });
    expect([request.method, request.target, new TextDecoder().decode(request.body)]).toEqual([method, "/a/../b/?x=%2F", "said"]);
    expect(request.headers).toEqual({ "x-asked": "yes", "x-forwarded-for": "127.0.0.1", "x-forwarded-uri": `${proxy}/a/../b/` });
  },
);

test.each([
  ["GET", 301, `${proxy}/?x=1`],
  ["HEAD", 301, `${proxy}/?x=1`],
  ["POST", 200, undefined],
])("%s of the proxy without a slash answers %i", async (method, status, location) => {
  await using world = await serving({});
  const answer = await world.send(method, `${proxy}?x=1`);
  expect([answer.status, answer.headers["location"]]).toEqual([status, location]);
  expect(world.asked.map(({ request }) => request.target)).toEqual(status === 301 ? [] : ["/?x=1"]);
});

test.each([
  ["/login?next=/", `${proxy}/login?next=/`],
  ["http://10.244.0.5:8080/login", `${proxy}/login`],
  ["https://cluster.example:6443/login/", `${proxy}/login/`],
  ["/../../nodes", `${proxy}/nodes`],
  [`${proxy}/again`, `${proxy}/again`],
  ["login", "login"],
  ["https://elsewhere.example/login", "https://elsewhere.example/login"],
])("a redirect to %s leads to %s", async (location, expected) => {
  await using world = await serving({ status: 302, headers: { location } });
  const answer = await world.send("GET", `${proxy}/x`, { headers: { host: "cluster.example:6443" } });
  expect([answer.status, answer.headers["location"]]).toEqual([302, expected]);
});

const page = `<!DOCTYPE html><!-- <a href="/no"> --><html manifest=/m><head><script>if (a < b) s = '<a href="/no">'</script>
<link href='/style.css?a=1&amp;b=2'><title><a href="/no"></title></head>
<BODY Background = "/b.png"><a title="1 > 0" data-href="/no" href="/über">é</a><img src="http://10.244.0.5:8080/i.png"><a href=next>
<a href="//cdn.example/x"><form action="/send/"><a href="mailto:a@b"><p href="/no">1 < 2</p><script src="/s.js"></script></BODY>`;
const rewritten = page
  .replace("manifest=/m", `manifest="${proxy}/m"`)
  .replace("'/style.css", `'${proxy}/style.css`)
  .replace('"/b.png', `"${proxy}/b.png`)
  .replace('"/über', `"${proxy}/über`)
  .replace('"http://10.244.0.5:8080/i.png', `"${proxy}/i.png`)
  .replace("href=next", 'href="next"')
  .replace('"/send/', `"${proxy}/send/`)
  .replace('"/s.js', `"${proxy}/s.js`);

test.each([1, 2, 3, 7, 64, 100_000])("links of a page that comes in pieces of %i characters lead through the proxy", async (length) => {
  await using world = await serving({ page: page.match(new RegExp(`[^]{1,${length}}`, "g")) ?? [] });
  expect((await world.send("GET", `${proxy}/x`)).text).toBe(rewritten);
});

test("only pages are rewritten, and nobody else's permissions are given on", async () => {
  const headers = { "content-type": "text/plain", "access-control-allow-origin": "*" };
  await using world = await serving({ headers, page: ['<a href="/no">'] });
  const answer = await world.send("GET", `${proxy}/x`);
  expect([answer.text, answer.headers["access-control-allow-origin"]]).toEqual(['<a href="/no">', undefined]);
});

test.each([
  ["pods/ftp:web:80/proxy/", 400, 'invalid pod request "ftp:web:80"'],
  ["pods/a:b:c:d/proxy/", 400, 'invalid pod request "a:b:c:d"'],
  ["services/https::80/proxy/", 400, 'invalid service request "https::80"'],
  ["pods/missing/proxy/", 404, 'pods "missing" not found'],
])("%s is refused", async (path, code, message) => {
  await using world = await serving({});
  expect((await world.send("GET", `/api/v1/namespaces/default/${path}`)).json).toMatchObject({ code, message });
});

test("a Pod that claims an address of this machine isn't proxied to", async () => {
  await using world = await serving({});
  await world.send("PATCH", "/api/v1/namespaces/default/pods/web/status", {
    headers: { "content-type": "application/merge-patch+json" },
    body: { status: { podIP: "127.0.0.1", podIPs: [{ ip: "127.0.0.1" }] } },
  });
  expect((await world.send("GET", `${proxy}/`)).json).toMatchObject({ code: 400, message: "address not allowed" });
  expect(world.asked).toEqual([]);
});
