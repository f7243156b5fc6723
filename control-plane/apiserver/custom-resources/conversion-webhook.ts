import type { CustomResourceDefinition } from "@kubets/api";
import { apiVersionOf, messageOf, type Random, StatusError, uuid, validateAnnotations, validateLabels } from "@kubets/machinery";
import type { AskWebhook } from "../webhooks/webhook-client.ts";
import type { CustomObject } from "./stored-kind.ts";

/** Converts objects to a version, all in one request. Answers them in their order. */
export type Convert = (objects: readonly CustomObject[], version: string) => Promise<readonly CustomObject[]>;

export interface ConversionOptions {
  readonly ask: AskWebhook;
  readonly random: Random;
}

/** Who converts the objects of a definition; `undefined` where nobody does. Without a dialer, asking fails. */
export function conversionOf(definition: CustomResourceDefinition, options: ConversionOptions): Convert | undefined {
  return definition.spec.conversion?.strategy === "Webhook" ? conversionWebhook(definition, options) : undefined;
}

const longestCall = 30;

/** Asks the webhook of a definition. What it answers may differ from what it was given in everything but what the object is. */
function conversionWebhook({ spec, status }: CustomResourceDefinition, { ask, random }: ConversionOptions): Convert {
  const { clientConfig = {}, conversionReviewVersions = [] } = spec.conversion?.webhook ?? {};
  const kind = status.acceptedNames.kind;
  const reviewVersion = conversionReviewVersions.find((version) => version === "v1" || version === "v1beta1");
  return async (objects, version) => {
    const desired = apiVersionOf({ group: spec.group, version });
    const subject = `conversion webhook for ${objects[0]!.apiVersion}, Kind=${kind}`;
    const fail = (problem: string): StatusError => failed(`${subject} ${problem}`);
    if (reviewVersion === undefined) throw failed("no supported conversion review versions");
    const uid = uuid(random);
    const review = {
      kind: "ConversionReview",
      apiVersion: `apiextensions.k8s.io/${reviewVersion}`,
      request: { uid, desiredAPIVersion: desired, objects },
    };
    let answer: unknown;
    try {
      answer = await ask(clientConfig, review, { seconds: longestCall });
    } catch (error) {
      throw fail(`failed: ${error instanceof Error ? error.message : String(error)}`);
    }
    const problem = problemOf(answer, review.apiVersion, reviewVersion === "v1" ? uid : undefined);
    if (problem !== undefined) throw fail(`failed: ${problem}`);
    const converted = (answer as Answer).response?.convertedObjects ?? [];
    if (converted.length !== objects.length) throw fail(`returned ${converted.length} objects, expected ${objects.length}`);
    return objects.map((original, index) => accept(original, converted[index], { desired, fail, index }));
  };
}

interface Answer {
  readonly kind?: string;
  readonly apiVersion?: string;
  readonly response?: {
    readonly uid?: string;
    readonly result?: { readonly status?: string; readonly message?: string };
    readonly convertedObjects?: readonly unknown[];
  };
}

function problemOf(answer: unknown, apiVersion: string, uid: string | undefined): string | undefined {
  const { kind = "", apiVersion: given = "", response } = (answer ?? {}) as Answer;
  if (uid !== undefined && (kind !== "ConversionReview" || given !== apiVersion))
    return `expected webhook response of ${apiVersion}, Kind=ConversionReview, got ${given}, Kind=${kind}`;
  if (response === undefined || response === null) return "no response provided";
  if (uid !== undefined && response.uid !== uid)
    return `expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? "")}`;
  const { status = "", message = "" } = response.result ?? {};
  if (status === "Success") return undefined;
  return message === "" ? `response.result.status was '${status}', not 'Success'` : message;
}

/** What a webhook made of an object, if it is still that object: of its metadata only labels and annotations may have changed. */
function accept(
  original: CustomObject,
  converted: unknown,
  { desired, index, fail }: { readonly desired: string; readonly index: number; readonly fail: (problem: string) => StatusError },
): CustomObject {
  const invalid = (problem: string): StatusError => fail(`returned invalid converted object at index ${index}: ${problem}`);
  if (!isObject(converted)) throw invalid("Object 'Kind' is missing");
  if (converted["apiVersion"] !== desired)
    throw invalid(`invalid groupVersion (expected ${desired}, received ${String(converted["apiVersion"])})`);
  if (converted["kind"] !== original.kind) throw invalid(`invalid kind (expected ${original.kind}, received ${String(converted["kind"])})`);
  const { metadata } = converted;
  if (!isObject(metadata)) throw fail(`returned invalid metadata in object at index ${index}: missing metadata in converted object`);
  for (const [field, name] of [
    ["name", "name"],
    ["namespace", "namespace"],
    ["uid", "UID"],
  ] as const) {
    const [expected, actual] = [original.metadata[field] ?? "", metadata[field] ?? ""];
    if (expected !== actual)
      throw invalid(`must have the same ${name}: ${expected} != ${typeof actual === "string" ? actual : JSON.stringify(actual)}`);
  }
  const { labels: _labels, annotations: _annotations, ...kept } = original.metadata;
  const labels = textsOf(metadata["labels"], "labels", fail, index);
  const annotations = textsOf(metadata["annotations"], "annotations", fail, index);
  return {
    ...(converted as unknown as CustomObject),
    metadata: { ...kept, ...(labels === undefined ? {} : { labels }), ...(annotations === undefined ? {} : { annotations }) },
  };
}

function textsOf(
  value: unknown,
  field: "labels" | "annotations",
  fail: (problem: string) => StatusError,
  index: number,
): Readonly<Record<string, string>> | undefined {
  if (value === undefined || value === null) return undefined;
  const invalid = (problem: string): StatusError => fail(`returned invalid metadata in object at index ${index}: ${problem}`);
  if (!isObject(value)) throw invalid(`invalid metadata.${field} of type ${typeof value} in converted object`);
  for (const key of Object.keys(value))
    if (typeof value[key] !== "string")
      throw invalid(`metadata.${field}[${key}] must be a string, but is ${typeof value[key]} in converted object`);
  const texts = value as Readonly<Record<string, string>>;
  const errors = field === "labels" ? validateLabels(texts, "metadata.labels") : validateAnnotations(texts, "metadata.annotation");
  if (errors.length > 0) throw invalid(errors.map((error) => `${error.field}: ${messageOf(error)}`).join(", "));
  return texts;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function failed(problem: string): StatusError {
  return new StatusError(500, "InternalError", `Internal error occurred: ${problem}`, { details: { causes: [{ message: problem }] } });
}
