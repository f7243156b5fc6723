import { describe, expect, test } from "vitest";
import { applyDefaults } from "./defaults.ts";
import { decodeObject } from "./decode.ts";
import { duplicate, type FieldError, invalid, notSupported, required, tooLong } from "./field-errors.ts";
import { aPodSchema } from "./pod-under-test.ts";
import { integer, list, object, quantity, field, type Schema, string, struct, text } from "./schema.ts";
import { duplicates, validateSchema } from "./validate.ts";

const errorsOf = (value: unknown): readonly FieldError[] =>
  validateSchema(aPodSchema, applyDefaults(aPodSchema, decodeObject(aPodSchema, value).object));

test("an object that keeps the schema has nothing wrong", () => {
  expect(errorsOf({ spec: { containers: [{ name: "web", ports: [{ containerPort: 80 }] }] } })).toEqual([]);
});

test("what is wrong is named with its path", () => {
  const errors = errorsOf({
    spec: {
      containers: [
        { name: "", env: [{ name: "A", value: "12345678901" }], ports: [{ containerPort: 70_000 }, { protocol: "SCTP" }] },
        { name: "b", volumeMounts: [{}] },
      ],
      restartPolicy: "Sometimes",
      terminationGracePeriodSeconds: -1,
      probes: { "a/b": { port: -1 } },
    },
  });
  expect(errors).toEqual([
    required("spec.containers[0].name"),
    invalid("spec.containers[0].ports[0].containerPort", 70_000, "must be between 1 and 65535, inclusive"),
    required("spec.containers[0].ports[1].containerPort"),
    notSupported("spec.containers[0].ports[1].protocol", "SCTP", ["TCP", "UDP"]),
    tooLong("spec.containers[0].env[0].value", 10),
    required("spec.containers[1].volumeMounts[0].name"),
    required("spec.containers[1].volumeMounts[0].mountPath"),
    notSupported("spec.restartPolicy", "Sometimes", ["Always", "Never", "OnFailure"]),
    invalid("spec.terminationGracePeriodSeconds", -1, "must be greater than or equal to 0"),
    invalid("spec.probes[a/b].port", -1, "must be greater than or equal to 1"),
  ]);
});

test("a required list must have items", () => {
  expect(errorsOf({})).toEqual([required("spec.containers")]);
});

describe("required", () => {
  interface Rules {
    readonly selector: { readonly key?: string };
    readonly roleRef: { readonly name: string };
    readonly rules: readonly string[];
    readonly replicas: number;
    readonly weight: number;
  }
  const selector = object<{ readonly key?: string }>("test.v1.Selector", "", { key: text({ field: 1, doc: "" }) });
  const roleRef = object<{ readonly name: string }>("test.v1.RoleRef", "", { name: text({ field: 1, required: true, doc: "" }) });
  const rules: Schema<Rules> = object<Rules>("test.v1.Rules", "", {
    selector: struct(selector, { field: 1, presence: "pointer", required: true, doc: "" }),
    roleRef: struct(roleRef, { field: 2, required: true, doc: "" }),
    rules: list(string, { field: 3, required: true, mayBeEmpty: true, doc: "" }),
    replicas: integer({ field: 4, required: true, minimum: 0, doc: "" }),
    weight: integer({ field: 5, required: true, presence: "pointer", minimum: 1, doc: "" }),
  });

  test("names a missing pointer itself, and of a missing value what is missing in it", () => {
    expect(validateSchema(rules, decodeObject(rules, {}).object)).toEqual([
      required("selector"),
      required("roleRef.name"),
      required("weight"),
    ]);
  });

  test("is kept by a zero that was said", () => {
    expect(validateSchema(rules, decodeObject(rules, { selector: {}, roleRef: { name: "a" }, replicas: 0, weight: 1 }).object)).toEqual([]);
  });
});

test("of a status only the bounds count", () => {
  interface Counted {
    readonly status: { readonly count: number; readonly phase: "A" | "B"; readonly message: string };
  }
  const counted: Schema<Counted> = object<Counted>("test.v1.Counted", "", {
    status: struct(
      object<Counted["status"]>("test.v1.CountedStatus", "", {
        count: integer({ field: 1, required: true, minimum: 0, doc: "" }),
        phase: text({ field: 2, required: true, enum: ["A", "B"], doc: "" }),
        message: text({ field: 3, required: true, doc: "" }),
      }),
      { field: 1, default: { count: 0, phase: "A", message: "" }, doc: "" },
    ),
  });
  expect(validateSchema(counted, { status: { count: -1, phase: "C" as "A", message: "" } })).toEqual([
    invalid("status.count", -1, "must be greater than or equal to 0"),
  ]);
});

test("a quantity that came in unread is looked at, and a path can be put before all", () => {
  const limits: Schema<{ readonly cpu?: string }> = object<{ readonly cpu?: string }>("test.v1.Limits", "", {
    cpu: field(quantity, { field: 1, doc: "" }),
  });
  const problem = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
  expect(validateSchema(limits, { cpu: "lots" }, "spec.limits")).toEqual([invalid("spec.limits.cpu", "lots", problem)]);
});

test("duplicates are found by the key of the items", () => {
  const items = [{ name: "a" }, { name: "b" }, { name: "a" }, { name: "" }, { name: "" }];
  expect(duplicates("spec.ports", items, ({ name }) => name, { child: "name" })).toEqual([duplicate("spec.ports[2].name", "a")]);
  expect(duplicates("finalizers", ["x", "x"], (each) => each)).toEqual([duplicate("finalizers[1]", "x")]);
});
