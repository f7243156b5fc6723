import { applyJsonPatch, encodeAsKind, type Kind, type KubernetesObject, mergeConfiguration, parseJsonPatch } from "@kubets/machinery";
import { type Bindings, CelObject, type CelValue, toJson } from "@kubets/machinery/cel";
import { type Budget, Problem } from "../expressions/budget.ts";
import type { CompiledMutation } from "./compiled-mutations.ts";

/** The object as a JSON value with what a mutation changes in it; a problem where it can't be changed so. */
export function applyMutation(
  { patchType, expression, program }: CompiledMutation,
  {
    object,
    kind,
    bindings,
    budget,
  }: { readonly object: KubernetesObject; readonly kind: Kind; readonly bindings: Bindings; readonly budget: Budget },
): unknown {
  const value = budget.evaluate(program, expression, bindings);
  if (value instanceof Problem) return value;
  const { kind: name, apiVersion, ...rest } = encodeAsKind(kind, object);
  const written = { kind: name, apiVersion, ...rest };
  try {
    return patchType === "JSONPatch" ? applyJsonPatch(written, parseJsonPatch(stepsOf(value))) : configured(kind, written, value);
  } catch (error) {
    return new Problem(error instanceof Error ? error.message : String(error));
  }
}

function stepsOf(value: CelValue): unknown {
  const steps = toJson(value);
  if (!Array.isArray(steps)) throw new Error("must evaluate to a list of JSONPatch");
  return steps.map((step: unknown) => withoutAbsent(step));
}

/** A step has the members that the expression gave it. */
function withoutAbsent(step: unknown): unknown {
  if (typeof step !== "object" || step === null) return step;
  return Object.fromEntries(Object.entries(step).filter(([name, value]) => value !== undefined && !(name === "from" && value === "")));
}

function configured(kind: Kind, object: Readonly<Record<string, unknown>>, value: CelValue): unknown {
  if (!(value instanceof CelObject) || value.type.name !== "Object") throw new Error("must evaluate to Object");
  const config = toJson(value) as Readonly<Record<string, unknown>>;
  const { node } = kind.schema;
  if (node.type !== "object") throw new TypeError("Cannot merge: the schema is not that of an object");
  return mergeConfiguration(node, object, config);
}
