import type { CustomResourceSubresourceScale } from "@kubets/api";
import { type FieldError, invalid, type ScaleSubresource, StatusError } from "@kubets/machinery";
import type { CustomObject } from "./stored-kind.ts";

/** How the scale of an object is read and written by the paths of its definition. */
export function scaleOf({
  specReplicasPath,
  statusReplicasPath,
  labelSelectorPath = "",
}: CustomResourceSubresourceScale): ScaleSubresource<CustomObject> {
  const wanted = stepsOf(specReplicasPath);
  return {
    replicas(object) {
      const replicas = valueAt(object, wanted);
      if (typeof replicas === "number") return replicas;
      const problem = `the spec replicas field ${JSON.stringify(specReplicasPath)} does not exist`;
      throw new StatusError(500, "InternalError", `Internal error occurred: ${problem}`, { details: { causes: [{ message: problem }] } });
    },
    withReplicas: (object, replicas) => withValue(object, wanted, replicas) as CustomObject,
    statusReplicas: (object) => numberAt(object, stepsOf(statusReplicasPath)),
    selector(object) {
      const selector = labelSelectorPath === "" ? "" : valueAt(object, stepsOf(labelSelectorPath));
      return typeof selector === "string" ? selector : "";
    },
  };
}

/** What is wrong with the numbers at the paths of the scale. */
export function validateScale(
  object: CustomObject,
  scale: CustomResourceSubresourceScale,
  { withSpec }: { readonly withSpec: boolean },
): readonly FieldError[] {
  const { specReplicasPath, statusReplicasPath, labelSelectorPath = "" } = scale;
  const selector = labelSelectorPath === "" ? undefined : valueAt(object, stepsOf(labelSelectorPath));
  return [
    ...(withSpec ? validateReplicas(object, specReplicasPath) : []),
    ...validateReplicas(object, statusReplicasPath),
    ...(selector === undefined || typeof selector === "string"
      ? []
      : [
          invalid(
            labelSelectorPath,
            "",
            `${labelSelectorPath} accessor error: ${JSON.stringify(selector)} is of the type ${typeof selector}, expected string`,
          ),
        ]),
  ];
}

const mostReplicas = 2 ** 31 - 1;

function validateReplicas(object: CustomObject, path: string): readonly FieldError[] {
  const value = valueAt(object, stepsOf(path));
  if (value === undefined) return [];
  if (typeof value !== "number" || !Number.isInteger(value))
    return [invalid(path, 0, `${path} accessor error: ${JSON.stringify(value)} is of the type ${typeof value}, expected int64`)];
  if (value < 0) return [invalid(path, value, "should be a non-negative integer")];
  return value > mostReplicas ? [invalid(path, value, `should be less than or equal to ${mostReplicas}`)] : [];
}

function stepsOf(path: string): readonly string[] {
  return path.replace(/^\./, "").split(".");
}

function valueAt(object: unknown, steps: readonly string[]): unknown {
  let value = object;
  for (const step of steps) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[step];
  }
  return value;
}

function numberAt(object: unknown, steps: readonly string[]): number {
  const value = valueAt(object, steps);
  return typeof value === "number" ? value : 0;
}

function withValue(object: unknown, [step = "", ...rest]: readonly string[], value: unknown): unknown {
  const source = typeof object === "object" && object !== null ? (object as Readonly<Record<string, unknown>>) : {};
  return { ...source, [step]: rest.length === 0 ? value : withValue(source[step], rest, value) };
}
