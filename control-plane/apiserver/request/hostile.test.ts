import { expect, test } from "vitest";
import { startTestServer } from "../testing/test-server.ts";

const configMaps = "/api/v1/namespaces/default/configmaps";
const yaml = { "content-type": "application/yaml" };
const merge = { "content-type": "application/merge-patch+json" };
const jsonPatch = { "content-type": "application/json-patch+json" };
const minimal = { metadata: { name: "a" } };

interface Hostile {
  readonly method?: string;
  readonly target?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

const nested = (depth: number, open: string, close: string): string => `${open.repeat(depth)}1${close.repeat(depth)}`;

test.each<readonly [string, Hostile, number, string, string]>([
  ["no body", {}, 400, "BadRequest", "must be of type ConfigMap"],
  ["an empty body", { body: "" }, 400, "BadRequest", ""],
  ["malformed JSON", { body: '{"metadata":' }, 400, "BadRequest", "unexpected end of JSON input"],
  ["JSON with a comma too many", { body: '{"metadata":{},}' }, 400, "BadRequest", "invalid character"],
  ["a list", { body: "[]" }, 400, "BadRequest", "must be of type ConfigMap"],
  ["a number", { body: "7" }, 400, "BadRequest", "must be of type ConfigMap"],
  ["null", { body: "null" }, 400, "BadRequest", "must be of type ConfigMap"],
  ["bytes that are no text", { body: new Uint8Array([0xff, 0xfe, 0, 1]) }, 400, "BadRequest", ""],
  [
    "a wrong type",
    { body: { ...minimal, data: 7 } },
    400,
    "BadRequest",
    "json: cannot unmarshal number into Go struct field ConfigMap.data of type map[string]string",
  ],
  ["a wrong type deep inside", { body: { ...minimal, data: { a: {} } } }, 400, "BadRequest", "cannot unmarshal object into Go"],
  ["metadata that is none", { body: { metadata: [] } }, 400, "BadRequest", "cannot unmarshal array"],
  ["no name", { body: {} }, 422, "Invalid", "metadata.name: Required value: name or generateName is required"],
  ["a body that is too large", { body: new Uint8Array(3 * 1024 * 1024 + 1) }, 413, "RequestEntityTooLarge", "limit is 3145728"],
  ["JSON that nests too deep", { body: nested(100_000, '{"a":', "}") }, 400, "BadRequest", "exceeded max depth"],
  ["lists that nest too deep", { body: nested(1_000_000, "[", "]") }, 400, "BadRequest", "exceeded max depth"],
  ["malformed YAML", { headers: yaml, body: "metadata: {name: a" }, 400, "BadRequest", ""],
  [
    "YAML aliases that explode",
    {
      headers: yaml,
      body: `a: &a [x]\n${Array.from("bcdefghijklmnopqrstuvwxyz", (letter, index) => `${letter}: &${letter} [${Array.from({ length: 9 }, () => `*${String.fromCharCode(97 + index)}`).join(",")}]`).join("\n")}\n`,
    },
    400,
    "BadRequest",
    "",
  ],
  ["YAML that nests too deep", { headers: yaml, body: nested(5000, "[", "]") }, 400, "BadRequest", ""],
  [
    "an unknown content type",
    { headers: { "content-type": "text/plain" }, body: "{}" },
    415,
    "UnsupportedMediaType",
    "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf, application/cbor",
  ],
  ["CBOR that is none", { headers: { "content-type": "application/cbor" }, body: new Uint8Array([0xff, 0x00]) }, 400, "BadRequest", ""],
  [
    "protobuf that is none",
    { headers: { "content-type": "application/vnd.kubernetes.protobuf" }, body: "hello" },
    400,
    "BadRequest",
    "expected prefix [107 56 115 0]",
  ],
  [
    "a patch without a type",
    { method: "PATCH", target: `${configMaps}/there`, body: {} },
    415,
    "UnsupportedMediaType",
    "application/strategic-merge-patch+json",
  ],
  [
    "a patch of an unknown type",
    { method: "PATCH", target: `${configMaps}/there`, headers: { "content-type": "application/json" }, body: {} },
    415,
    "UnsupportedMediaType",
    "",
  ],
  ["a malformed patch", { method: "PATCH", target: `${configMaps}/there`, headers: merge, body: "{" }, 400, "BadRequest", ""],
  ["a merge patch that is a list", { method: "PATCH", target: `${configMaps}/there`, headers: merge, body: [] }, 400, "BadRequest", ""],
  [
    "a JSON patch that is an object",
    { method: "PATCH", target: `${configMaps}/there`, headers: jsonPatch, body: {} },
    400,
    "BadRequest",
    "",
  ],
  [
    "a JSON patch of what isn't there",
    { method: "PATCH", target: `${configMaps}/there`, headers: jsonPatch, body: [{ op: "remove", path: "/data/x" }] },
    422,
    "Invalid",
    "the server rejected our request due to an error in our request",
  ],
  [
    "a patch that makes it wrong",
    { method: "PATCH", target: `${configMaps}/there`, headers: merge, body: { data: 3 } },
    422,
    "Invalid",
    "cannot unmarshal number",
  ],
  [
    "a patch of the name",
    { method: "PATCH", target: `${configMaps}/there`, headers: merge, body: { metadata: { name: "b" } } },
    400,
    "BadRequest",
    "does not match the name on the URL",
  ],
  [
    "a patch of the uid",
    { method: "PATCH", target: `${configMaps}/there`, headers: merge, body: { metadata: { uid: "b" } } },
    409,
    "Conflict",
    "UID in precondition: b",
  ],
  [
    "a stale patch",
    { method: "PATCH", target: `${configMaps}/there`, headers: merge, body: { metadata: { resourceVersion: "99" } } },
    409,
    "Conflict",
    "the object has been modified",
  ],
  [
    "an apply of nothing",
    {
      method: "PATCH",
      target: `${configMaps}/there?fieldManager=me`,
      headers: { "content-type": "application/apply-patch+yaml" },
      body: "{}",
    },
    400,
    "BadRequest",
    "invalid object type: ",
  ],
  [
    "a force that is for apply only",
    { method: "PATCH", target: `${configMaps}/there?force=true`, headers: merge, body: {} },
    422,
    "Invalid",
    "force: Forbidden: may not be specified for non-apply patch",
  ],
  [
    "an unknown dry run",
    { target: `${configMaps}?dryRun=Some`, body: minimal },
    422,
    "Invalid",
    'dryRun: Unsupported value: ["Some"]: supported values: "All"',
  ],
  [
    "an unknown field validation",
    { target: `${configMaps}?fieldValidation=Maybe`, body: minimal },
    422,
    "Invalid",
    'fieldValidation: Unsupported value: "Maybe"',
  ],
  ["delete options of another kind", { method: "DELETE", target: `${configMaps}/there`, body: { kind: "Pod" } }, 400, "BadRequest", ""],
  [
    "a propagation that isn't",
    { method: "DELETE", target: `${configMaps}/there`, body: { propagationPolicy: "Sideways" } },
    422,
    "Invalid",
    'propagationPolicy: Unsupported value: "Sideways"',
  ],
  [
    "two propagations",
    { method: "DELETE", target: `${configMaps}/there`, body: { propagationPolicy: "Orphan", orphanDependents: true } },
    422,
    "Invalid",
    "cannot be both set",
  ],
  ["an unknown path", { method: "GET", target: "/unknown" }, 404, "NotFound", "the server could not find the requested resource"],
  [
    "an unknown group",
    { method: "GET", target: "/apis/nothing.example.com/v1/things" },
    404,
    "NotFound",
    "the server could not find the requested resource",
  ],
  ["an unknown version", { method: "GET", target: "/api/v9/pods" }, 404, "NotFound", ""],
  ["an unknown resource", { method: "GET", target: "/api/v1/namespaces/default/nothings" }, 404, "NotFound", ""],
  ["the object's prototype as a resource", { method: "GET", target: "/api/v1/namespaces/default/__proto__" }, 404, "NotFound", ""],
  ["a path that can't be decoded", { method: "GET", target: "/api/v1/namespaces/%zz/pods" }, 400, "BadRequest", ""],
  ["a namespaced object outside of a namespace", { method: "GET", target: "/api/v1/configmaps/x/y/z" }, 404, "NotFound", ""],
  [
    "a method that is not for collections",
    { method: "PUT", target: configMaps, body: minimal },
    405,
    "MethodNotAllowed",
    "the server does not allow this method on the requested resource",
  ],
  ["a method that is not for objects", { method: "POST", target: `${configMaps}/a`, body: minimal }, 405, "MethodNotAllowed", ""],
  ["a method that nobody knows", { method: "BREW", target: configMaps }, 405, "MethodNotAllowed", ""],
  ["a method that is not for paths", { method: "POST", target: "/version" }, 405, "MethodNotAllowed", ""],
  ["deletion of all namespaces", { method: "DELETE", target: "/api/v1/namespaces" }, 405, "MethodNotAllowed", ""],
  [
    "an answer that nobody can give",
    { method: "GET", target: configMaps, headers: { accept: "text/html" } },
    406,
    "NotAcceptable",
    "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf, application/cbor",
  ],
  [
    "a table of another kind",
    { method: "GET", target: configMaps, headers: { accept: "application/json;as=Chair;g=meta.k8s.io;v=v1" } },
    406,
    "NotAcceptable",
    "",
  ],
  [
    "an includeObject that isn't",
    { method: "GET", target: `${configMaps}?includeObject=Some`, headers: { accept: "application/json;as=Table;g=meta.k8s.io;v=v1" } },
    400,
    "BadRequest",
    "",
  ],
  ["a namespace that is none", { target: "/api/v1/namespaces/Not_One/configmaps", body: minimal }, 422, "Invalid", "metadata.namespace"],
  ["a name with a path in it", { body: { metadata: { name: "../../etc/passwd" } } }, 422, "Invalid", "metadata.name"],
])(
  "%s is answered with the Status of upstream",
  async (_what, { method = "POST", target = configMaps, headers = {}, body }, code, reason, message) => {
    await using world = await startTestServer();
    await world.send("POST", configMaps, { body: { metadata: { name: "there" } } });
    const answer = await world.send(method, target, { headers, body });
    expect(answer.status, answer.text).toBe(code);
    expect(answer.json).toMatchObject({ kind: "Status", apiVersion: "v1", status: "Failure", reason, code });
    expect(answer.json.message).toContain(message);
    // Nothing of the server's inside shows, and it goes on.
    expect(answer.text).not.toMatch(/\.ts:\d+|node_modules/);
    expect(world.logged.filter(({ level }) => level === "error")).toEqual([]);
    expect((await world.send("GET", `${configMaps}/there`)).status).toBe(200);
  },
);

const strange = '{"metadata":{"name":"a"},"spec":{},"data":{"a":"1","a":"2"},"extra":{"deep":1}}';

test("unknown and duplicate fields are refused, warned of or passed over, as asked", async () => {
  await using world = await startTestServer();
  const strict = await world.send("POST", `${configMaps}?fieldValidation=Strict`, { body: strange });
  expect(strict.json).toMatchObject({
    code: 400,
    reason: "BadRequest",
    message:
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "spec", unknown field "extra", duplicate field "data.a"',
  });
  const ignored = await world.send("POST", `${configMaps}?fieldValidation=Ignore&dryRun=All`, { body: strange });
  expect(ignored.headers.warning).toBeUndefined();
  const warned = await world.send("POST", configMaps, { body: strange });
  expect(warned).toMatchObject({
    status: 201,
    headers: { warning: '299 - "unknown field \\"spec\\"", 299 - "unknown field \\"extra\\"", 299 - "duplicate field \\"data.a\\""' },
  });
  expect(warned.json).not.toHaveProperty("extra");
  expect(warned.json.data).toEqual({ a: "2" });
});

test("a strict patch names what is wrong with it", async () => {
  await using world = await startTestServer();
  await world.send("POST", configMaps, { body: minimal });
  const answer = await world.send("PATCH", `${configMaps}/a?fieldValidation=Strict`, { headers: merge, body: { extra: 1 } });
  expect(answer.json).toMatchObject({ code: 422, reason: "Invalid", details: { causes: [{ field: "patch" }] } });
  expect(answer.json.message).toContain('strict decoding error: unknown field "extra"');
});

test("YAML is taken as well as JSON", async () => {
  await using world = await startTestServer();
  const answer = await world.send("POST", configMaps, {
    headers: yaml,
    body: "kind: ConfigMap\napiVersion: v1\nmetadata:\n  name: a\ndata:\n  x: |\n    many\n    lines\n",
  });
  expect(answer.json.data).toEqual({ x: "many\nlines\n" });
});

test("keys that mean something to JavaScript are keys like any other", async () => {
  await using world = await startTestServer();
  const body = '{"metadata":{"name":"a","labels":{"constructor":"x"}},"data":{"__proto__":"y","toString":"z"}}';
  const answer = await world.send("POST", configMaps, { body });
  expect(answer.status, answer.text).toBe(201);
  expect((await world.send("GET", `${configMaps}/a`)).text).toContain('"data":{"__proto__":"y","toString":"z"}');
});
