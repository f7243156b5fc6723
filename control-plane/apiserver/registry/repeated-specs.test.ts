import { kinds, PodKind } from "@kubets/api";
import { apiVersionOf, decodeObject, groupResourceOf, type Kind, type ObjectNode } from "@kubets/machinery";
import { afterAll, beforeAll, expect, test } from "vitest";
import { defaultTolerationSeconds } from "../admission/default-toleration-seconds/default-toleration-seconds.ts";
import { priority } from "../admission/priority/priority.ts";
import { serviceAccount } from "../admission/service-account/service-account.ts";
import { enveloped, fieldHead, formatMessage, typeOf } from "../request/protobuf-write.ts";
import { benchmarkPod } from "../testing/benchmark-pod.ts";
import { type Answer, startTestServer, type TestServer } from "../testing/test-server.ts";
import { validObjects } from "../testing/valid-objects.ts";

let world: TestServer;
beforeAll(async () => {
  world = await startTestServer({
    parts: ({ reader }) => ({ admission: [serviceAccount(reader), priority({ reader }), defaultTolerationSeconds()] }),
  });
  await world.send("POST", "/api/v1/namespaces/default/serviceaccounts", { body: { metadata: { name: "default" } } });
});
afterAll(() => world[Symbol.asyncDispose]());

const pods = "/api/v1/namespaces/default/pods";

let spaces = 0;
/** A body that says the same with a spec that nobody ever wrote like that. */
function respelled(body: string): string {
  return body.replaceAll('"spec":{', `"spec":${" ".repeat(++spaces)}{`);
}

/** What is answered, but for what differs each time. */
function comparable({ status, headers: { "audit-id": _id, "content-length": _length, ...headers }, text }: Answer): unknown {
  const chance = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|frontend-7d4b9c6f5d-[a-z0-9]{5}/g;
  return { status, headers, text: text.replaceAll(chance, "") };
}

async function created(target: string, body: string | Uint8Array, contentType = "application/json"): Promise<unknown> {
  return comparable(await world.send("POST", target, { body, headers: { "user-agent": "test/1", "content-type": contentType } }));
}

const pod = new TextDecoder().decode(benchmarkPod);
const around: readonly (readonly [string, string])[] = [
  ["as it was met before", pod],
  ["with other metadata", pod.replace('"app":"frontend"', '"app":"other","more":"labels"')],
  ["with an unknown field beside it", pod.replace('"kind":"Pod"', '"kind":"Pod","spek":{}')],
  ["with an unknown field in the metadata", pod.replace('"namespace"', '"name space"')],
  ["with a field that is there twice", pod.replace('"namespace":"default"', '"namespace":"default","namespace":"default"')],
  ["with another spec behind it", pod.replace(/\}$/, ',"spec":{"containers":[]}}')],
  ["with a null behind it", pod.replace(/\}$/, ',"sp\\u0065c":null}')],
  ["with another spec before it", pod.replace(/^\{/, '{"spec":{"containers":[]},')],
  ["with metadata of a wrong type", pod.replace('"default"', "3")],
  ["with labels that aren't valid", pod.replace('"app":"frontend"', '"app":"-"')],
  ["of another kind", pod.replace('"kind":"Pod"', '"kind":"Service"')],
  ["in another namespace", pod.replace('"default"', '"elsewhere"')],
  ["broken off", pod.slice(0, -1)],
  ["with something behind it", `${pod}x`],
  ["as an old object that is created again", pod.replace('"namespace"', '"resourceVersion":"7","namespace"')],
  ["with a status", pod.replace(/\}$/, ',"status":{"phase":"Running"}}')],
  ["bound to a node and with an unknown field in it", pod.replace('"schedulerName"', '"nodeNam":"a","nodeName":"a","schedulerName"')],
  ["invalid", pod.replace('"image":"registry.example.com/frontend/server:1.42.7",', "")],
  ["with a surprising name", pod.replace('"generateName":"frontend-7d4b9c6f5d-"', '"name":"front.end"')],
];

test.each(around)("a Pod whose spec came before is answered like one whose spec is new: %s", async (_, body) => {
  // Learned here, if ever.
  expect(await created(`${pods}?dryRun=All`, pod)).toMatchObject({ status: 201 });
  for (const validation of ["Warn", "Strict", "Ignore"]) {
    const target = `${pods}?dryRun=All&fieldValidation=${validation}`;
    const fresh = await created(target, respelled(body));
    for (const time of ["first", "second", "third"]) {
      expect({ time, answer: await created(target, body) }, validation).toEqual({ time, answer: fresh });
    }
  }
});

test("Pods of one text share their spec with what admission makes of it, and get what is new of their account", async () => {
  const create = async (body: string): Promise<Readonly<Record<string, unknown>>> =>
    (await world.send("POST", `${pods}?dryRun=All`, { body })).json.spec;
  const before = await create(pod);
  const account = "/api/v1/namespaces/default/serviceaccounts/default";
  const secrets = [{ name: "registry" }];
  await world.send("PATCH", account, { body: { imagePullSecrets: secrets }, headers: { "content-type": "application/merge-patch+json" } });
  const after = await create(pod);
  await world.send("PATCH", account, { body: { imagePullSecrets: null }, headers: { "content-type": "application/merge-patch+json" } });
  expect(after).toEqual({ ...before, imagePullSecrets: secrets });
  expect(await create(pod)).toEqual(before);
});

const nameOf = (kind: Kind): string => `${groupResourceOf(kind)}/${kind.version}`;
const withSpec = kinds.filter(
  (kind) => kind.verbs.includes("create") && kind.verbs.includes("get") && validObjects[nameOf(kind)]?.spec !== undefined,
);

test.each(withSpec.map((kind) => [nameOf(kind), kind] as const))(
  "%s whose spec came before is answered like one whose spec is new",
  async (name, kind) => {
    const folder = kind.group === "" ? "/api/v1" : `/apis/${apiVersionOf(kind)}`;
    const target = `${folder}/${kind.scope === "Cluster" ? "" : "namespaces/default/"}${kind.resource}?dryRun=All`;
    const { metadata = {}, ...valid } = validObjects[name]! as { readonly metadata?: object };
    const first = await world.send("POST", target, { body: { metadata: { name: "repeated", ...metadata }, ...valid } });
    expect([first.status, first.status === 201 ? "" : first.text]).toEqual([201, ""]);
    // As it is read: with its defaults it is long enough to be kept.
    const body = JSON.stringify({ metadata: { name: "repeated", ...metadata, labels: { an: "other" } }, spec: first.json.spec });
    const fresh = await created(target, respelled(body));
    expect(await created(target, body)).toEqual(fresh);
    expect(await created(target, body)).toEqual(fresh);
  },
);

test("a Pod in protobuf whose spec came before is answered like one whose spec is new, and like the same in JSON", async () => {
  const { object } = decodeObject(PodKind.schema, JSON.parse(pod));
  const { spec, ...rest } = object;
  const node = PodKind.schema.node as ObjectNode;
  const specNode = node.fields().spec!.schema.node as ObjectNode;
  const bodyOf = (message: object, more: readonly number[]): Uint8Array => {
    const bytes = [...formatMessage(specNode, message), ...more];
    return enveloped(new Uint8Array([...formatMessage(node, rest), ...fieldHead(2, bytes.length), ...bytes]), typeOf(PodKind));
  };
  const send = (body: string | Uint8Array): Promise<unknown> =>
    created(`${pods}?dryRun=All`, body, typeof body === "string" ? undefined : "application/vnd.kubernetes.protobuf");
  const known = bodyOf(spec, []);
  const answers: unknown[] = [];
  // Fields that nobody knows are passed over: what is said is the same.
  for (const body of [pod, known, known, bodyOf(spec, [0xc0, 0x3e, 0x01]), bodyOf(spec, [0xc0, 0x3e, 0x02]), known])
    answers.push(await send(body));
  expect(answers[0]).toMatchObject({ status: 201 });
  for (const answer of answers) expect(answer).toEqual(answers[0]);
  const other = { ...spec, schedulerName: "somebody" };
  expect(await send(bodyOf(other, []))).toEqual(await send(JSON.stringify({ ...object, spec: other })));
});
