import type { Dialer, DialTarget, Request } from "@kubets/machinery";
import { expect, test } from "vitest";
import { startTestServer, type TestServer } from "../testing/test-server.ts";
import { aDefinition, define, definitions } from "./testing/cron-tabs.ts";

interface Review {
  readonly request: { readonly uid: string; readonly desiredAPIVersion: string; readonly objects: readonly CronTab[] };
}
interface CronTab {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly hostPort?: string;
  readonly host?: string;
  readonly port?: string;
}

/** What a webhook answers for the objects of a request; and what it was asked. */
interface Webhook extends Dialer {
  readonly asked: { readonly target: DialTarget; readonly path: string; readonly review: Review }[];
  answer: (review: Review) => unknown;
}

/** `hostPort` of v1 is `host` and `port` in v2. */
function convert(object: CronTab, apiVersion: string): CronTab {
  if (apiVersion.endsWith("/v2")) {
    const { hostPort = "", ...rest } = object;
    const [host = "", port = ""] = hostPort.split(":");
    return { ...rest, apiVersion, host, port };
  }
  const { host = "", port = "", ...rest } = object;
  return { ...rest, apiVersion, hostPort: `${host}:${port}` };
}

function aWebhook(): Webhook {
  const asked: Webhook["asked"] = [];
  const webhook: Webhook = {
    asked,
    answer: ({ request: { uid, desiredAPIVersion, objects } }) => ({
      uid,
      result: { status: "Success" },
      convertedObjects: objects.map((object) => convert(object, desiredAPIVersion)),
    }),
    async request(target: DialTarget, request: Request) {
      const review = JSON.parse(new TextDecoder().decode(request.body)) as Review;
      asked.push({ target, path: request.target, review });
      const answer = { kind: "ConversionReview", apiVersion: "apiextensions.k8s.io/v1", response: webhook.answer(review) };
      const bytes = new TextEncoder().encode(JSON.stringify(answer));
      return {
        status: 200,
        headers: {},
        body: (async function* () {
          yield bytes;
        })(),
      };
    },
    async upgrade() {
      throw new Error("a webhook is asked by plain requests");
    },
  };
  return webhook;
}

const text = { type: "string" } as const;
const versions = [
  {
    name: "v1",
    served: true,
    storage: true,
    schema: { openAPIV3Schema: { type: "object", properties: { hostPort: text } } },
    selectableFields: [{ jsonPath: ".hostPort" }],
  },
  {
    name: "v2",
    served: true,
    storage: false,
    schema: { openAPIV3Schema: { type: "object", properties: { host: text, port: text } } },
    selectableFields: [{ jsonPath: ".host" }, { jsonPath: ".port" }],
  },
] as const;
const webhookConversion = {
  strategy: "Webhook",
  webhook: {
    clientConfig: { url: "https://hook.example.com/convert", caBundle: btoa("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n") },
    conversionReviewVersions: ["v1", "v1beta1"],
  },
};
const path = (version: string): string => `/apis/stable.example.com/${version}/namespaces/default/crontabs`;
const body = (version: string, name: string, rest: object): object => ({
  apiVersion: `stable.example.com/${version}`,
  kind: "CronTab",
  metadata: { name },
  ...rest,
});

async function worldWith(webhook: Webhook): Promise<TestServer> {
  const world = await startTestServer({ dialer: webhook });
  await define(world, aDefinition({}, { versions, conversion: webhookConversion }));
  return world;
}

test("an object reads in every version as the webhook converts it, whichever it was written in", async () => {
  const webhook = aWebhook();
  await using world = await worldWith(webhook);
  await world.send("POST", path("v1"), { body: body("v1", "a", { hostPort: "localhost:80" }) });
  const created = await world.send("POST", path("v2"), { body: body("v2", "b", { host: "example.com", port: "443" }) });
  expect([created.status, created.json]).toMatchObject([201, { apiVersion: "stable.example.com/v2", host: "example.com", port: "443" }]);
  expect((await world.send("GET", `${path("v2")}/a`)).json).toMatchObject({
    apiVersion: "stable.example.com/v2",
    host: "localhost",
    port: "80",
  });
  expect((await world.send("GET", `${path("v1")}/b`)).json).toMatchObject({
    apiVersion: "stable.example.com/v1",
    hostPort: "example.com:443",
  });
  expect(webhook.asked[0]).toMatchObject({
    target: { origin: "https://hook.example.com", certificateAuthority: "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----" },
    path: "/convert?timeout=30s",
  });
});

test("a list is converted in one request, and what is in the version already is not sent", async () => {
  const webhook = aWebhook();
  await using world = await worldWith(webhook);
  for (const name of ["a", "b"]) await world.send("POST", path("v1"), { body: body("v1", name, { hostPort: `${name}:80` }) });
  const conversion = { spec: { versions: versions.map((version, index) => ({ ...version, storage: index === 1 })) } };
  await world.send("PATCH", `${definitions}/crontabs.stable.example.com`, {
    headers: { "content-type": "application/merge-patch+json" },
    body: conversion,
  });
  await world.tasks.settle();
  await world.send("POST", path("v2"), { body: body("v2", "c", { host: "c", port: "81" }) });
  const before = webhook.asked.length;
  const { json } = await world.send("GET", path("v2"));
  expect(json.items).toMatchObject([
    { host: "a", port: "80" },
    { host: "b", port: "80" },
    { host: "c", port: "81" },
  ]);
  expect(webhook.asked.slice(before).map(({ review }) => review.request.objects.map(({ metadata }) => metadata.name))).toEqual([
    ["a", "b"],
  ]);
});

test("fields of a version select in lists and watches of that version", async () => {
  await using world = await worldWith(aWebhook());
  const watch = await world.watch(`${path("v2")}?watch=true&fieldSelector=host%3Da`);
  for (const name of ["a", "b"]) await world.send("POST", path("v1"), { body: body("v1", name, { hostPort: `${name}:80` }) });
  expect((await world.send("GET", `${path("v2")}?fieldSelector=host%3Da`)).json.items.map(({ metadata }) => metadata.name)).toEqual(["a"]);
  expect((await world.send("GET", `${path("v1")}?fieldSelector=hostPort%3Db:80`)).json.items.map(({ metadata }) => metadata.name)).toEqual([
    "b",
  ]);
  const headers = { "content-type": "application/merge-patch+json" };
  await world.send("PATCH", `${path("v1")}/b`, { headers, body: { hostPort: "a:81" } });
  await world.send("PATCH", `${path("v1")}/a`, { headers, body: { hostPort: "c:80" } });
  await world.send("DELETE", `${path("v1")}/b`);
  expect((await watch.events()).map(({ type, object }) => `${type} ${object.metadata.name}`)).toEqual([
    "ADDED a",
    "ADDED b",
    "DELETED a",
    "DELETED b",
  ]);
});

test.each<readonly [string, (review: Review) => unknown, string]>([
  ["refuses", ({ request: { uid } }) => ({ uid, result: { status: "Failure", message: "not today" } }), "failed: not today"],
  ["answers nothing", () => undefined, "failed: no response provided"],
  ["answers another request", () => ({ uid: "x", result: { status: "Success" } }), "failed: expected response.uid="],
  [
    "loses an object",
    ({ request: { uid } }) => ({ uid, result: { status: "Success" }, convertedObjects: [] }),
    "returned 0 objects, expected 1",
  ],
  [
    "renames it",
    ({ request: { uid, objects, desiredAPIVersion } }) => ({
      uid,
      result: { status: "Success" },
      convertedObjects: objects.map((object) => ({
        ...object,
        apiVersion: desiredAPIVersion,
        metadata: { ...object.metadata, name: "z" },
      })),
    }),
    "returned invalid converted object at index 0: must have the same name: a != z",
  ],
])("a webhook that %s fails the request, and says why", async (_what, answer, problem) => {
  const webhook = aWebhook();
  await using world = await worldWith(webhook);
  await world.send("POST", path("v1"), { body: body("v1", "a", { hostPort: "localhost:80" }) });
  webhook.answer = answer;
  const { status, json } = await world.send("GET", `${path("v2")}/a`);
  expect([status, json.reason]).toEqual([500, "InternalError"]);
  expect(json.message).toContain("conversion webhook for stable.example.com/v1, Kind=CronTab");
  expect(json.message).toContain(problem);
});
