import { expect, test } from "vitest";
import {
  celTypeOfSchema,
  CelEnvironment,
  CelEvaluationError,
  compile,
  kubernetesLibraries,
  toCelValue,
  type StructuralSchema,
} from "./index.ts";

const schema: StructuralSchema = {
  type: "object",
  required: ["replicas"],
  properties: {
    replicas: { type: "integer" },
    maxReplicas: { type: "integer" },
    "my-field": { type: "string", maxLength: 10 },
    namespace: { type: "string" },
    weight: { type: "number" },
    expires: { type: "string", format: "date-time" },
    port: { "x-kubernetes-int-or-string": true },
    names: { type: "array", maxItems: 5, "x-kubernetes-list-type": "set", items: { type: "string", maxLength: 20 } },
    labels: { type: "object", maxProperties: 3, additionalProperties: { type: "string", maxLength: 7 } },
  },
};
const self = celTypeOfSchema(schema, { root: true })!;
const environment = new CelEnvironment({ variables: { self, oldSelf: self }, libraries: kubernetesLibraries });
const object = {
  replicas: 2,
  maxReplicas: 5,
  "my-field": "x",
  namespace: "n",
  weight: 1,
  expires: "2026-01-02T03:04:05Z",
  port: "80%",
  names: ["b", "a"],
  labels: { "a/b": "c" },
  metadata: { name: "thing" },
};

function evaluate(rule: string): unknown {
  const value = toCelValue(object, self);
  return compile(environment, rule).evaluate({ self: value, oldSelf: value });
}

test.each([
  "self.replicas <= self.maxReplicas && self.replicas * 2 == 4",
  "self.my__dash__field == 'x' && self.__namespace__ == 'n'",
  "self.weight == 1.0 && type(self.weight) == double",
  "self.expires > timestamp('2026-01-01T00:00:00Z') && self.expires.getHours() == 3",
  "type(self.port) == string && self.port.endsWith('%')",
  "self.names == ['a', 'b'] && self.names + ['a', 'c'] == ['b', 'a', 'c']",
  "self.labels['a/b'] == 'c' && self.labels.all(key, key.contains('/')) && !('x' in self.labels)",
  "self.metadata.name == 'thing' && !has(self.metadata.generateName)",
  "self.?maxReplicas.orValue(0) == 5 && self.labels[?'x'].hasValue() == false",
  "self.names.exists(index, name, index == 1 && name == 'a')",
  "self.names.map(name, name + '!') == ['b!', 'a!'] && self.names.filter(name, name > 'a') == ['b']",
])("a rule of a custom resource holds: %s", (rule) => {
  expect(evaluate(rule)).toBe(true);
});

test.each([
  ["self.labels['none']", "no such key: none"],
  ["self.names[7]", "index out of bounds: 7"],
  ["1 / (self.replicas - 2)", "division by zero"],
  ["9223372036854775807 + self.replicas", "integer overflow"],
  ["self.metadata.generateName", "no such key: generateName"],
])("%s has no value: %s", (rule, message) => {
  expect(() => evaluate(rule)).toThrow(new CelEvaluationError(message));
});

test("what an expression gets wrong is named with its place", () => {
  expect(() => compile(environment, "self.replica + \n 'x'.foo(self)")).toThrow(
    "ERROR: <input>:1:5: undefined field 'replica'\n | self.replica + \n | ....^\n" +
      "ERROR: <input>:2:9: undeclared reference to 'foo' (in container '')\n |  'x'.foo(self)\n | ........^",
  );
});

test("costs follow what is read, and stop an evaluation", () => {
  const rule = compile(environment, "self.names.all(name, name.matches('^[a-z]+$'))");
  const bindings = { self: toCelValue(object, self) };
  expect(rule.evaluateWithCost(bindings)).toEqual({ value: true, cost: 15 });
  expect(() => rule.evaluate(bindings, { costLimit: 14 })).toThrow("operation cancelled: actual cost limit exceeded");
  expect(rule.estimateCost({ self }).max).toBe(113);
});
