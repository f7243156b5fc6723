import { kinds } from "@kubets/api";
import { expect, test } from "vitest";
import { controllers } from "./controllers.ts";
import { selectControllers } from "./selection.ts";

const all = controllers({ kinds });
const selected = (...list: string[]): readonly string[] => selectControllers(all, list).map(({ name }) => name);
const names = all.map(({ name }) => name);

test.each([
  [["*"], names.filter((name) => name !== "bootstrap-signer" && name !== "token-cleaner")],
  [["*", "bootstrap-signer-controller", "tokencleaner"], names],
  [
    ["deployment", "replicaset-controller", "podgc"],
    ["deployment", "pod-garbage-collector", "replicaset"],
  ],
  [["-garbagecollector", "*", "bootstrapsigner", "token-cleaner"], names.filter((name) => name !== "generic-garbage-collector")],
  [["job", "-job"], ["job"]],
  [["-job", "job"], []],
  [["-*", "job"], ["job"]],
  [[], []],
])("--controllers=%j", (list, expected) => {
  expect(selected(...list)).toEqual(expected);
});

test("a name that no controller has is refused, with those that there are", () => {
  expect(() => selected("*", "-deployments")).toThrow(/^"deployments" is not in the list of known controllers: attach-detach, /);
});
