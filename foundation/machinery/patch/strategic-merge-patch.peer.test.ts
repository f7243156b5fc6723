import * as fc from "fast-check";
import { expect, test } from "vitest";
import { findKubectl, patchLocally } from "../node/kubectl-under-test.ts";
import { aPodSchema } from "../pod-under-test.ts";
import { applyStrategicMergePatch } from "./strategic-merge-patch.ts";

// Random Pods and patches, given to ours and to a real kubectl, which runs upstream's code on the Go types of a Pod. One kubectl patches
// a whole list of Pods at once.

type JsonObject = Readonly<Record<string, unknown>>;

const kubectl = findKubectl();
const seed = 20261121;
const patchCount = 12;
const podsPerPatch = 8;

const name = fc.constantFrom("a", "b", "c", "d", "e");
const portNumber = fc.constantFrom(80, 81, 82);
const strings = fc.dictionary(name, name, { maxKeys: 3 });
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });
const distinct = <T extends object>(items: fc.Arbitrary<T>, key: keyof T): fc.Arbitrary<readonly T[]> =>
  fc.uniqueArray(items, { selector: (item) => item[key], maxLength: 4 });

const port = fc.record({ containerPort: portNumber, name: maybe(name), protocol: maybe(fc.constantFrom("TCP", "UDP")) });
const variable = fc.record({ name, value: maybe(name) });
const mount = fc.record({ name, mountPath: name, subPath: maybe(name) });
const container = fc.record({
  name,
  image: maybe(name),
  args: maybe(fc.array(name, { maxLength: 3 })),
  ports: maybe(distinct(port, "containerPort")),
  env: maybe(distinct(variable, "name")),
  resources: maybe(fc.record({ limits: maybe(strings) })),
  volumeMounts: maybe(distinct(mount, "mountPath")),
});
const volume = fc.record({ name, emptyDir: maybe(fc.record({ medium: maybe(name) })), hostPath: maybe(fc.record({ path: name })) });
const pod = fc.record({
  metadata: fc.record({ labels: maybe(strings), annotations: maybe(strings), finalizers: maybe(fc.uniqueArray(name, { maxLength: 4 })) }),
  spec: fc.record({
    containers: maybe(distinct(container, "name")),
    volumes: maybe(distinct(volume, "name")),
    restartPolicy: maybe(name),
    nodeSelector: maybe(strings),
    tolerations: maybe(fc.array(fc.record({ key: name }), { maxLength: 3 })),
  }),
});

/** A field of a patch: mostly a value, sometimes null or absent. */
const given = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null | undefined> =>
  fc.oneof({ weight: 6, arbitrary: value }, { weight: 1, arbitrary: fc.constant(null) }, { weight: 2, arbitrary: fc.constant(undefined) });

const sometimes = <T extends object>(value: fc.Arbitrary<T>, instruction: fc.Arbitrary<JsonObject>): fc.Arbitrary<JsonObject> =>
  fc.tuple(value, fc.nat(5), instruction).map(([object, chance, extra]) => ({ ...object, ...(chance === 0 ? extra : {}) }));

const patchedMap = sometimes(
  fc.dictionary(name, fc.oneof(name, fc.constant(null)), { maxKeys: 3 }),
  fc.constantFrom({ $patch: "replace" }, { $patch: "delete" }, { $patch: "bogus" }),
);

/** A list of a patch with what may stand beside it: an order (which fits the list, or not), and what is deleted of texts. */
function patchedList(
  field: string,
  item: fc.Arbitrary<JsonObject | string>,
  keyName: string | undefined,
  key: fc.Arbitrary<unknown>,
): fc.Arbitrary<JsonObject> {
  const keyOf = (each: JsonObject | string): unknown => (typeof each === "string" ? each : each[keyName!]);
  const orders = fc.constantFrom("none", "fits", "random", "deletes");
  return fc.tuple(given(fc.array(item, { maxLength: 3 })), orders, fc.uniqueArray(key, { maxLength: 5 })).map(([items, extra, keys]) => {
    const kept = (items ?? []).filter((each) => typeof each === "string" || !("$patch" in each)).map(keyOf);
    const order = extra === "fits" ? [...new Set([...kept, ...keys])] : keys;
    const list = keyName === undefined ? order : order.map((each) => ({ [keyName]: each }));
    return {
      [field]: items,
      ...((extra === "fits" || extra === "random") && items !== null ? { [`$setElementOrder/${field}`]: list } : {}),
      ...(extra === "deletes" && keyName === undefined
        ? { [`$deleteFromPrimitiveList/${field}`]: keys.filter((each) => !kept.includes(each)) }
        : {}),
    };
  });
}

const deletedOrReplaced = fc.constantFrom({ $patch: "delete" }, { $patch: "delete" }, { $patch: "replace" });
const merged = (...parts: readonly fc.Arbitrary<JsonObject>[]): fc.Arbitrary<JsonObject> =>
  fc.tuple(...parts).map((objects) => Object.assign({}, ...objects) as JsonObject);

const containerPatch = merged(
  fc.record({
    name,
    image: given(name),
    args: given(fc.array(name, { maxLength: 3 })),
    resources: given(fc.record({ limits: given(patchedMap) })),
  }),
  patchedList("ports", sometimes(port, deletedOrReplaced), "containerPort", portNumber),
  patchedList("env", sometimes(fc.record({ name, value: given(name) }), deletedOrReplaced), "name", name),
  patchedList("volumeMounts", sometimes(mount, deletedOrReplaced), "mountPath", name),
);
const volumePatch = fc
  .tuple(fc.record({ name, emptyDir: given(fc.record({ medium: maybe(name) })), hostPath: given(fc.record({ path: name })) }), fc.boolean())
  .map(([fields, retains]): JsonObject => {
    const set = Object.entries(fields).filter(([, value]) => value !== null && value !== undefined);
    return { ...fields, ...(retains ? { $retainKeys: set.map(([key]) => key) } : {}) };
  });
const podPatch = fc.record({
  metadata: merged(
    fc.record({ labels: given(patchedMap), annotations: given(patchedMap) }),
    patchedList("finalizers", name, undefined, name),
  ),
  spec: merged(
    fc.record({
      restartPolicy: given(name),
      nodeSelector: given(patchedMap),
      tolerations: given(fc.array(fc.record({ key: name }), { maxLength: 2 })),
    }),
    patchedList("containers", sometimes(containerPatch, deletedOrReplaced), "name", name),
    patchedList("volumes", sometimes(volumePatch, deletedOrReplaced), "name", name),
  ),
});

const plain = (value: unknown): JsonObject => JSON.parse(JSON.stringify(value)) as JsonObject;

function peerPatch(
  pods: readonly JsonObject[],
  patch: JsonObject,
): { readonly byName: ReadonlyMap<string, JsonObject>; readonly problem: string } {
  const manifest = JSON.stringify({ apiVersion: "v1", kind: "List", items: pods });
  const { output, problem } = patchLocally(kubectl!, manifest, { type: "strategic", patch, output: "json" });
  const documents = output
    .split(/^\}\n/m)
    .filter((text) => text.trim() !== "")
    .map((text) => JSON.parse(`${text}}`) as JsonObject);
  const objects = documents.flatMap((each) => (each.kind === "List" ? (each.items as readonly JsonObject[]) : [each]));
  return { byName: new Map(objects.map((each) => [String((each.metadata as JsonObject).name), each])), problem };
}

test.skipIf(kubectl === undefined)("any patch does to any Pod what a real kubectl does", { timeout: 120_000 }, () => {
  const pods = fc.sample(pod, { seed, numRuns: patchCount * podsPerPatch }).map(plain);
  const patches = fc.sample(podPatch, { seed, numRuns: patchCount }).map(plain);
  let patched = 0;
  let refused = 0;
  for (const [index, patch] of patches.entries()) {
    const objects = pods.slice(index * podsPerPatch, (index + 1) * podsPerPatch).map((each, at): JsonObject => {
      return { apiVersion: "v1", kind: "Pod", ...each, metadata: { name: `pod${at}`, ...(each.metadata as object) } };
    });
    const { byName } = peerPatch(objects, patch);
    for (const object of objects) {
      const podName = String((object.metadata as JsonObject).name);
      // Where one Pod of the list is refused, kubectl may stop: each of the others is asked again by itself.
      const alone = byName.has(podName) ? undefined : peerPatch([object], patch);
      const theirs = byName.get(podName) ?? alone?.byName.get(podName);
      if (theirs === undefined) {
        refused++;
        expect(
          () => applyStrategicMergePatch(aPodSchema, object, patch),
          JSON.stringify({ seed, object, patch, problem: alone?.problem }),
        ).toThrow();
      } else {
        patched++;
        expect(applyStrategicMergePatch(aPodSchema, object, patch), JSON.stringify({ seed, object, patch })).toEqual(theirs);
      }
    }
  }
  expect([patched > 20, refused > 0]).toEqual([true, true]);
});
