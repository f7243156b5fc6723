import {
  celTypeOfSchema,
  CelEnvironment,
  compile,
  kubernetesLibraries,
  toCelValue,
  type CelProgram,
  type StructuralSchema,
} from "./index.ts";

/** How often a rule of a custom resource can be evaluated, and how long rules take to compile. */
export interface RuleRates {
  readonly rule: string;
  readonly evaluationsPerSecond: number;
}

const schema: StructuralSchema = {
  type: "object",
  properties: {
    minReplicas: { type: "integer" },
    replicas: { type: "integer" },
    maxReplicas: { type: "integer" },
    name: { type: "string", maxLength: 63 },
    protocols: { type: "array", maxItems: 10, items: { type: "string", maxLength: 10 } },
    labels: { type: "object", maxProperties: 10, additionalProperties: { type: "string", maxLength: 63 } },
  },
};
const value = {
  minReplicas: 1,
  replicas: 3,
  maxReplicas: 10,
  name: "frontend",
  protocols: ["TCP", "UDP"],
  labels: { app: "frontend", tier: "web" },
};

export const simpleRules: readonly string[] = [
  "self.minReplicas <= self.replicas && self.replicas <= self.maxReplicas",
  "self.name.startsWith('front') || self.name == 'back'",
  "has(self.labels) && 'app' in self.labels",
  "self.protocols.all(protocol, protocol in ['TCP', 'UDP', 'SCTP'])",
  "self.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",
];

const self = celTypeOfSchema(schema, { root: true })!;
const environment = new CelEnvironment({ variables: { self, oldSelf: self }, libraries: kubernetesLibraries });

/** Evaluations a second of each rule, on one core; `now` tells milliseconds. */
export function measureRules(now: () => number, { milliseconds = 300 }: { readonly milliseconds?: number } = {}): readonly RuleRates[] {
  const bindings = { self: toCelValue(value, self) };
  return simpleRules.map((rule) => {
    const program = compile(environment, rule);
    run(program, bindings, now, milliseconds / 3);
    return { rule, evaluationsPerSecond: run(program, bindings, now, milliseconds) };
  });
}

function run(program: CelProgram, bindings: Parameters<CelProgram["evaluate"]>[0], now: () => number, milliseconds: number): number {
  const began = now();
  let count = 0;
  while (now() - began < milliseconds) {
    for (let index = 0; index < 1000; index++) if (program.evaluate(bindings) !== true) throw new Error("The rule should hold");
    count += 1000;
  }
  return (count * 1000) / (now() - began);
}

/** How many milliseconds it takes to compile `count` different rules. */
export function measureCompilation(now: () => number, { count = 1000 }: { readonly count?: number } = {}): number {
  const began = now();
  for (let index = 0; index < count; index++)
    compile(environment, `${simpleRules[index % simpleRules.length]!} || self.replicas == ${index}`);
  return now() - began;
}
