import {
  applyDefaults,
  decodeObject,
  type FieldError,
  type Instant,
  messageOf,
  parseTime,
  type UserInfo,
  validateSchema,
} from "@kubets/machinery";
import { type Pod, PodKind } from "../pod.ts";

type Json = Readonly<Record<string, unknown>>;

export const noon: Instant = parseTime("2030-01-01T12:00:00Z")!;
export const alice: UserInfo = { name: "alice", groups: [] };

/** A Pod as the server reads it: with what is given, a container when none is given, and all defaults. */
export function aPod({ spec = {}, metadata = {}, status = {} }: { spec?: Json; metadata?: Json; status?: Json } = {}): Pod {
  const given = {
    kind: "Pod",
    apiVersion: "v1",
    metadata: { name: "web", namespace: "default", ...metadata },
    spec: { containers: [aContainer()], ...spec },
    status,
  };
  const { object, unknownFields } = decodeObject(PodKind.schema, given);
  if (unknownFields.length > 0) throw new Error(`The test says what no Pod has: ${unknownFields.join(", ")}`);
  return PodKind.strategy.defaults!(applyDefaults(PodKind.schema, object));
}

export function aContainer(fields: Json = {}): Json {
  return { name: "web", image: "web:1", ...fields };
}

/** What is wrong with a new Pod, as a client reads it. */
export function problemsOf(spec: Json, metadata: Json = {}): readonly string[] {
  const pod = aPod({ spec, metadata });
  return texts([...validateSchema(PodKind.schema, pod), ...PodKind.strategy.validate!(pod), ...PodKind.strategy.validateCreate!(pod)]);
}

/** What is wrong with a change to a Pod. */
export function updateProblemsOf(before: Parameters<typeof aPod>[0], after: Parameters<typeof aPod>[0]): readonly string[] {
  return texts(PodKind.strategy.validateUpdate!(aPod(after), aPod(before)));
}

export function texts(errors: readonly FieldError[]): readonly string[] {
  return errors.map((error) => `${error.field}: ${messageOf(error)}`);
}
