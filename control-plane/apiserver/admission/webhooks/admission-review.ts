import {
  applyJsonPatch,
  encodeAsKind,
  type Kind,
  type KubernetesObject,
  parseJson,
  parseJsonPatch,
  StatusError,
  type StatusReason,
} from "@kubets/machinery";
import type { AdmissionAttributes } from "../../contracts.ts";
import { requestOf, shownObject } from "../expressions/request.ts";

const group = "admission.k8s.io";

/** The versions of AdmissionReview that are spoken, best first. */
const spoken: readonly string[] = ["v1", "v1beta1"];

/** What a webhook made of a request. */
export interface Verdict {
  /** Why the request is refused; absent when it isn't. */
  readonly refusal?: StatusError;
  /** The object as the webhook wants it, as a JSON value; absent when it changes nothing. */
  readonly object?: unknown;
  readonly warnings: readonly string[];
}

/** What is asked of a webhook, and how its answer is read. */
export interface Review {
  readonly body: object;
  /** Throws for an answer that isn't one to this review. */
  readonly read: (answer: unknown) => Verdict;
}

export interface ReviewOptions {
  readonly webhook: { readonly name: string; readonly admissionReviewVersions: readonly string[] };
  readonly uid: string;
  /** In the version that the webhook asks for. */
  readonly attributes: AdmissionAttributes;
  /** The kind of the request as it came. */
  readonly requested: Kind;
}

/** `undefined` when the webhook knows no version of AdmissionReview that is spoken here. */
export function admissionReview({ webhook, uid, attributes, requested }: ReviewOptions): Review | undefined {
  const version = webhook.admissionReviewVersions.find((each) => spoken.includes(each));
  if (version === undefined) return undefined;
  const apiVersion = `${group}/${version}`;
  const object = written(shownObject(attributes), attributes.kind);
  const request = {
    uid,
    ...requestOf(attributes, requested),
    object,
    oldObject: written(attributes.previous, attributes.kind),
  };
  return {
    body: { kind: "AdmissionReview", apiVersion, request },
    read: (answer) => read(answer, { webhook: webhook.name, uid, apiVersion, object }),
  };
}

/** The object as it stands on the wire. */
function written(object: unknown, kind: Kind): unknown {
  if (object === undefined) return null;
  const given = object as KubernetesObject;
  if (given.kind !== kind.kind) return given;
  const { kind: name, apiVersion, ...rest } = encodeAsKind(kind, given);
  return { kind: name, apiVersion, ...rest };
}

interface Answer {
  readonly kind?: string;
  readonly apiVersion?: string;
  readonly response?: {
    readonly uid?: string;
    readonly allowed?: boolean;
    readonly status?: {
      readonly code?: number;
      readonly message?: string;
      readonly reason?: string;
      readonly details?: Readonly<Record<string, unknown>>;
    };
    readonly patch?: string;
    readonly patchType?: string;
    readonly warnings?: readonly string[];
  };
}

interface Expected {
  readonly webhook: string;
  readonly uid: string;
  readonly apiVersion: string;
  readonly object: unknown;
}

function read(answer: unknown, { webhook, uid, apiVersion, object }: Expected): Verdict {
  const { kind = "", apiVersion: given = "", response } = (answer ?? {}) as Answer;
  const isStrict = apiVersion === `${group}/v1`;
  if (isStrict && (kind !== "AdmissionReview" || given !== apiVersion))
    throw new Error(
      `received invalid webhook response: expected webhook response of ${apiVersion}, Kind=AdmissionReview, got ${given}, Kind=${kind}`,
    );
  if (response === undefined || response === null) throw new Error("webhook response was absent");
  if (isStrict && response.uid !== uid)
    throw new Error(
      `received invalid webhook response: expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? "")}`,
    );
  const { allowed = false, patch = "", patchType = "", warnings = [] } = response;
  if (!allowed) return { refusal: refusalOf(webhook, response), warnings };
  if (patch === "") {
    if (isStrict && patchType !== "")
      throw new Error("received invalid webhook response: webhook returned response.patchType but not response.patch");
    return { warnings };
  }
  if (isStrict && patchType !== "JSONPatch")
    throw new Error(`received invalid webhook response: webhook returned invalid response.patchType of ${JSON.stringify(patchType)}`);
  return { object: patched(object, patch), warnings };
}

function patched(object: unknown, patch: string): unknown {
  const bytes = Uint8Array.from(atob(patch), (character) => character.charCodeAt(0));
  return applyJsonPatch(object, parseJsonPatch(parseJson(new TextDecoder().decode(bytes)).value));
}

/** Never a code of success, whatever the webhook says. */
function refusalOf(webhook: string, { status = {} }: NonNullable<Answer["response"]>): StatusError {
  const { code = 0, message = "", reason = "" } = status;
  const denied = `admission webhook ${JSON.stringify(webhook)} denied the request`;
  const text = message !== "" ? `${denied}: ${message}` : reason !== "" ? `${denied}: ${reason}` : `${denied} without explanation`;
  return new StatusError(
    code < 400 ? 400 : code,
    reason as StatusReason,
    text,
    status.details === undefined ? {} : { details: status.details },
  );
}
