import { MutatingWebhookConfigurationKind, ValidatingWebhookConfigurationKind } from "@kubets/api";
import type { Counter, Histogram, ManagedFieldsEntry, MetricLabels, Metrics } from "@kubets/machinery";
import { expect, test } from "vitest";
import { type Answer, startTestServer, type TestServer } from "../../testing/test-server.ts";
import type { AskWebhook } from "../../webhooks/webhook-client.ts";
import { mutatingWebhooks } from "./mutating-webhooks.ts";
import { validatingWebhooks } from "./validating-webhooks.ts";
import { webhookMetrics } from "./webhook-metrics.ts";

interface Review {
  readonly apiVersion: string;
  readonly request: {
    readonly uid: string;
    readonly dryRun: boolean;
    readonly object: { readonly metadata: { readonly managedFields?: readonly ManagedFieldsEntry[] } };
  };
}

/** What a webhook answers; the uid is added. */
type Webhook = (review: Review) => object;

interface World extends TestServer {
  readonly reviews: readonly Review[];
  /** What was counted, as `name{labels} amount`. */
  readonly counted: readonly string[];
}

/** A server with one webhook of a sort for ConfigMaps. */
async function aServerWith(
  sort: "mutating" | "validating",
  webhook: Webhook,
  {
    versions = ["v1"],
    ...settings
  }: { readonly versions?: readonly string[]; readonly sideEffects?: string; readonly failurePolicy?: string } = {},
): Promise<World> {
  const reviews: Review[] = [];
  const counted: string[] = [];
  const ask: AskWebhook = async (_config, sent) => {
    const review = sent as Review;
    reviews.push(review);
    return { kind: "AdmissionReview", apiVersion: review.apiVersion, response: { uid: review.request.uid, ...webhook(review) } };
  };
  const plugin = sort === "mutating" ? mutatingWebhooks : validatingWebhooks;
  const world = await startTestServer({
    parts: (core) => ({
      admission: [
        plugin({
          ...core,
          kinds: () => core.catalog.kinds,
          authorizer: { name: "nobody asks", authorize: async () => ({ decision: "no opinion", reason: "" }) },
          ask,
          measure: webhookMetrics(counting(counted)),
        }),
      ],
    }),
  });
  const { kind, resource } = sort === "mutating" ? MutatingWebhookConfigurationKind : ValidatingWebhookConfigurationKind;
  const { status, text } = await world.send("POST", `/apis/admissionregistration.k8s.io/v1/${resource}`, {
    body: {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind,
      metadata: { name: "hooks" },
      webhooks: [
        {
          name: "hook.example.com",
          clientConfig: { url: "https://hook.example.com/" },
          rules: [{ operations: ["*"], apiGroups: [""], apiVersions: ["v1"], resources: ["configmaps"] }],
          sideEffects: "None",
          ...settings,
          admissionReviewVersions: versions,
        },
      ],
    },
  });
  expect(status, text).toBe(201);
  return Object.assign(world, { reviews, counted });
}

function counting(counted: string[]): Metrics {
  const line = (name: string, labels: MetricLabels = {}): number =>
    counted.push(
      `${name}{${Object.entries(labels)
        .map(([key, value]) => `${key}=${value}`)
        .join(",")}}`,
    );
  const counter = (name: string): Counter => ({ add: (_amount, labels) => void line(name, labels) });
  const histogram = (name: string): Histogram => ({
    observe: (_seconds, labels) => void line(name, labels),
    series: (labels) => () => void line(name, labels),
  });
  return { counter, histogram, gauge: () => ({ set() {} }) };
}

const path = "/api/v1/namespaces/default/configmaps";
const create = (world: TestServer, query = ""): Promise<Answer> =>
  world.send("POST", `${path}?fieldManager=jane${query}`, { body: { metadata: { name: "a" }, data: { a: "1" } } });
const patched = (...steps: readonly object[]): object => ({ allowed: true, patchType: "JSONPatch", patch: btoa(JSON.stringify(steps)) });

test("a webhook is shown who will manage which fields, and what it adds is nobody's", async () => {
  await using world = await aServerWith("mutating", () => patched({ op: "add", path: "/data/b", value: "2" }));
  const { json } = await create(world);
  expect(world.reviews[0]!.request.object.metadata.managedFields).toMatchObject([
    { manager: "jane", fieldsV1: { "f:data": { "f:a": {} } } },
  ]);
  expect(json).toMatchObject({
    data: { a: "1", b: "2" },
    metadata: { managedFields: [{ manager: "jane", fieldsV1: { "f:data": { ".": {}, "f:a": {} } } }] },
  });
});

test("a webhook may change who manages which fields", async () => {
  const fieldsV1 = { "f:data": { "f:b": {}, "f:a": {} } };
  const entry = { manager: "hook", operation: "Update", apiVersion: "v1", fieldsType: "FieldsV1", fieldsV1 };
  await using world = await aServerWith("mutating", () => patched({ op: "replace", path: "/metadata/managedFields", value: [entry] }));
  const { metadata } = (await create(world)).json;
  expect(metadata.managedFields).toEqual([{ ...entry, fieldsV1: { "f:data": { "f:a": {}, "f:b": {} } } }]);
});

test("what a webhook makes of it that can't be read is set back, with a warning", async () => {
  const corrupt = [{ manager: "hook", operation: "Guess", apiVersion: "v1", fieldsType: "FieldsV1", fieldsV1: {} }];
  await using world = await aServerWith("mutating", () => patched({ op: "replace", path: "/metadata/managedFields", value: corrupt }));
  const { json, headers } = await create(world);
  expect(json.metadata.managedFields).toMatchObject([{ manager: "jane", operation: "Update" }]);
  expect(headers["warning"]).toContain(".metadata.managedFields was in an invalid state after admission");
});

test("a dry run asks webhooks that have no side effects then, tells them that it is one, and keeps nothing", async () => {
  await using refusing = await aServerWith("validating", () => ({ allowed: true }), { sideEffects: "NoneOnDryRun" });
  expect([(await create(refusing, "&dryRun=All")).status, refusing.reviews[0]?.request.dryRun]).toEqual([201, true]);
  await using world = await aServerWith("validating", () => ({ allowed: true }), { sideEffects: "None" });
  expect((await create(world, "&dryRun=All")).status).toBe(201);
  expect((await world.send("GET", `${path}/a`)).status).toBe(404);
});

test("reviews are of the first version that both speak", async () => {
  await using old = await aServerWith("mutating", () => patched({ op: "add", path: "/data/b", value: "2" }), {
    versions: ["v2", "v1beta1", "v1"],
  });
  expect([(await create(old)).json.data, old.reviews[0]?.apiVersion]).toEqual([{ a: "1", b: "2" }, "admission.k8s.io/v1beta1"]);
});

test("a v1beta1 webhook need not say which review it answers, nor how its patch is meant", async () => {
  const answer = { uid: "", allowed: true, patch: btoa('[{"op":"add","path":"/data/b","value":"2"}]') };
  await using old = await aServerWith("mutating", () => answer, { versions: ["v1beta1"] });
  expect((await create(old)).json.data).toEqual({ a: "1", b: "2" });
  await using strict = await aServerWith("mutating", () => answer, { versions: ["v1"] });
  expect((await create(strict)).json).toMatchObject({ code: 500, message: expect.stringContaining("expected response.uid=") });
});

test("calls, refusals and failures are counted under upstream's names", async () => {
  await using refusing = await aServerWith("validating", () => ({ allowed: false, status: { code: 403, message: "no" } }));
  await create(refusing);
  const labels = "name=hook.example.com,type=validating,operation=CREATE";
  expect(refusing.counted).toEqual([
    `apiserver_admission_webhook_admission_duration_seconds{${labels},rejected=true}`,
    `apiserver_admission_webhook_request_total{${labels},code=403,rejected=true}`,
    `apiserver_admission_webhook_rejection_count{${labels},error_type=no_error,rejection_code=403}`,
  ]);
  const broken = (): never => {
    throw new Error("connection refused");
  };
  await using closed = await aServerWith("mutating", broken, { failurePolicy: "Fail" });
  await create(closed);
  expect(closed.counted.at(-1)).toBe(
    "apiserver_admission_webhook_rejection_count{name=hook.example.com,type=admit,operation=CREATE,error_type=calling_webhook_error,rejection_code=0}",
  );
  await using open = await aServerWith("mutating", broken, { failurePolicy: "Ignore" });
  expect((await create(open)).status).toBe(201);
  expect(open.counted.at(-1)).toBe("apiserver_admission_webhook_fail_open_count{name=hook.example.com,type=admit}");
});
