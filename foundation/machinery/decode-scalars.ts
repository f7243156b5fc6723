import { base64Problem } from "./base64.ts";
import type { DecodePosition } from "./decode-position.ts";
import { durationProblem, formatDuration, parseDuration } from "./duration.ts";
import { jsonTypeOf } from "./go-types.ts";
import { canonicalQuantity } from "./quantity.ts";
import type { EitherNode, ScalarNode, SchemaNode } from "./schema.ts";
import { badRequest, type StatusError } from "./status-error.ts";
import { canonicalMicroTime, canonicalTime, timeProblem } from "./time-text.ts";

/** Reads a JSON value (never null); answers the value itself where nothing is to be changed. */
export type Decoder = (value: unknown, at: DecodePosition) => unknown;

/** Types with an unmarshaler of their own complain without naming the field, as upstream's do. */
const notInto = (value: unknown, type: string): StatusError =>
  badRequest(`json: cannot unmarshal ${jsonTypeOf(value)} into Go value of type ${type}`);

export function scalarDecoder(node: Exclude<ScalarNode, EitherNode>): Decoder {
  switch (node.type) {
    case "string":
      return (value, at) => {
        if (typeof value !== "string") throw at.mismatch(value, node);
        return value;
      };
    case "boolean":
      return (value, at) => {
        if (typeof value !== "boolean") throw at.mismatch(value, node);
        return value;
      };
    case "integer": {
      const [least, most] = node.bits === 32 ? [-(2 ** 31), 2 ** 31 - 1] : [-(2 ** 63), 2 ** 63 - 1];
      return (value, at) => {
        if (typeof value !== "number" || !Number.isInteger(value) || value < least || value > most) throw at.mismatch(value, node);
        return value;
      };
    }
    case "number":
      return (value, at) => {
        if (typeof value !== "number") throw at.mismatch(value, node);
        return value;
      };
    case "bytes":
      return (value, at) => {
        if (typeof value !== "string") throw at.mismatch(value, node);
        const problem = base64Problem(value);
        if (problem !== undefined) throw badRequest(problem);
        return value;
      };
    case "quantity":
      return (value) => canonicalQuantity(typeof value === "string" ? value.trim() : String(value));
    case "intOrString":
      return (value) => {
        if (typeof value === "string") return value;
        if (typeof value !== "number") throw notInto(value, "int32");
        if (!Number.isInteger(value) || Math.abs(value) > 2 ** 31)
          throw badRequest(`json: cannot unmarshal number ${value} into Go value of type int32`);
        return value;
      };
    case "time":
      return (value) => {
        if (typeof value !== "string") throw notInto(value, "string");
        const time = canonicalTime(value);
        if (time === undefined) throw badRequest(timeProblem(value));
        return time;
      };
    case "microTime":
      return (value) => {
        if (typeof value !== "string") throw notInto(value, "string");
        const time = canonicalMicroTime(value);
        if (time === undefined) throw badRequest(timeProblem(value));
        return time;
      };
    case "duration":
      return (value) => {
        if (typeof value !== "string") throw notInto(value, "string");
        const duration = parseDuration(value);
        if (duration === undefined) throw badRequest(durationProblem(value) ?? "");
        return formatDuration(duration);
      };
    case "json":
      return (value, at) => {
        if (node.object && (typeof value !== "object" || value === null || Array.isArray(value))) throw at.mismatch(value, node);
        return value;
      };
  }
}

/** Whether JSON has a value for Go's zero of the type (that of a time, or of any JSON, is null: absent). */
export function hasZero(node: SchemaNode): boolean {
  return node.type !== "time" && node.type !== "microTime" && node.type !== "json" && node.type !== "either";
}

/** Go's zero of a type other than an object, as it is written. */
export function zeroOf(node: SchemaNode): unknown {
  switch (node.type) {
    case "string":
    case "bytes":
      return "";
    case "boolean":
      return false;
    case "integer":
    case "number":
    case "intOrString":
      return 0;
    case "quantity":
      return "0";
    case "duration":
      return "0s";
    case "list":
      return [];
    case "map":
    case "object":
      return {};
    case "time":
    case "microTime":
    case "json":
    case "either":
      return null;
  }
}
