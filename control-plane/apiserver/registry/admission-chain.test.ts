import { ConfigMapKind } from "@kubets/api";
import { forbiddenTo, type Kind, type KubernetesObject, type MetricLabels, type Metrics, unmeasured } from "@kubets/machinery";
import { expect, test } from "vitest";
import type { AdmissionAttributes, AdmissionPlugin, MutatingAttributes } from "../contracts.ts";
import { admissionChain } from "./admission-chain.ts";
import { Round } from "./admission.ts";

/** Plugins that take as many milliseconds as they are told, and what is observed of them. */
function measured(...plugins: readonly (AdmissionPlugin & { readonly takes: number })[]): {
  readonly chain: ReturnType<typeof admissionChain>;
  readonly observed: readonly (MetricLabels & { readonly milliseconds: number })[];
} {
  let time = 0;
  const observed: (MetricLabels & { readonly milliseconds: number })[] = [];
  const metrics: Metrics = {
    ...unmeasured,
    histogram: (metric) => ({
      observe() {},
      series: (labels) => (seconds) => void observed.push({ metric, ...labels, milliseconds: seconds * 1000 } as never),
    }),
  };
  const slow = plugins.map(({ name, takes, mutate, validate }): AdmissionPlugin => ({
    name,
    ...(mutate === undefined ? {} : { mutate: (attributes) => ((time += takes), mutate(attributes)) }),
    ...(validate === undefined ? {} : { validate: (attributes) => ((time += takes), validate(attributes)) }),
  }));
  return { chain: admissionChain(slow, { clock: { monotonic: () => time as never }, metrics }), observed };
}

const object: KubernetesObject = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "a", namespace: "default", uid: "1", resourceVersion: "", creationTimestamp: "" },
};
const attributes: MutatingAttributes = {
  operation: "CREATE",
  kind: ConfigMapKind as unknown as Kind,
  namespace: "default",
  name: "a",
  subresource: "",
  object,
  options: {},
  dryRun: false,
  user: { name: "jane", groups: [] },
  signal: new AbortController().signal,
  warn() {},
  managedFields: undefined,
  round: new Round((changed) => changed),
};
const labelling = (label: string): AdmissionPlugin["mutate"] => {
  return ({ object: given }) => ({ ...given, metadata: { ...given.metadata, labels: { ...given.metadata.labels, [label]: "yes" } } });
};
const plugin = "apiserver_admission_controller_admission_duration_seconds";
const step = "apiserver_admission_step_admission_duration_seconds";

test("plugins change an object in turn, and each of them and all together are measured", async () => {
  const second = labelling("second")!;
  const { chain, observed } = measured(
    { name: "First", takes: 2, mutate: labelling("first")!, validate() {} },
    { name: "Second", takes: 3, mutate: async (given) => second(given) },
  );
  expect((await chain.mutate(attributes)).metadata.labels).toEqual({ first: "yes", second: "yes" });
  await chain.validate({ ...attributes, operation: "UPDATE" });
  const admit = { type: "admit", operation: "CREATE", rejected: "false" };
  const judge = { type: "validate", operation: "UPDATE", rejected: "false" };
  expect(observed).toEqual([
    { metric: plugin, name: "First", ...admit, milliseconds: 2 },
    { metric: plugin, name: "Second", ...admit, milliseconds: 3 },
    { metric: step, ...admit, milliseconds: 5 },
    { metric: plugin, name: "First", ...judge, milliseconds: 2 },
    { metric: step, ...judge, milliseconds: 2 },
  ]);
});

test("the first refusal ends it, and is told with the plugin's name", async () => {
  const refuse = (): never => {
    throw forbiddenTo(ConfigMapKind, "a", "not today");
  };
  const { chain, observed } = measured(
    { name: "Lenient", takes: 1, mutate: labelling("lenient")!, validate() {} },
    { name: "Strict", takes: 4, mutate: refuse, validate: async () => refuse() },
    { name: "Never", takes: 9, mutate: refuse, validate: refuse },
  );
  await expect(chain.mutate(attributes)).rejects.toMatchObject({ code: 403 });
  const deletion: AdmissionAttributes = { ...attributes, operation: "DELETE" };
  await expect(chain.validate(deletion)).rejects.toMatchObject({ code: 403 });
  const told = observed.filter(({ rejected }) => rejected === "true");
  expect(told).toEqual([
    { metric: plugin, name: "Strict", type: "admit", operation: "CREATE", rejected: "true", milliseconds: 4 },
    { metric: step, type: "admit", operation: "CREATE", rejected: "true", milliseconds: 5 },
    { metric: plugin, name: "Strict", type: "validate", operation: "DELETE", rejected: "true", milliseconds: 4 },
    { metric: step, type: "validate", operation: "DELETE", rejected: "true", milliseconds: 5 },
  ]);
});
