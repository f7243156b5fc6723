import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kinds } from "@kubets/api";
import { apiVersionOf, applyStrategicMergePatch, type Kind, type ObjectNode, seededRandom } from "@kubets/machinery";
import { realKubectls, shortLived } from "@kubets/testkit/real-kubectl";
import { describe, expect, test } from "vitest";
import { arbitraryObject, arbitraryPatch, type JsonObject } from "./arbitrary-patches.ts";

// `kubectl patch --local` runs upstream's strategic merge on the Go types of a kind, without a server. One kubectl patches several objects.

const kubectl = realKubectls().at(-1);
const seed = 20260101;
const patchesPerKind = 3;
const objectsPerPatch = 5;

interface Patched {
  readonly object: JsonObject | undefined;
  readonly problem: string;
}

/** What a real kubectl makes of the objects, by their names; kinds and fields that it is too old for are told by its problem. */
async function patchLocally(objects: readonly JsonObject[], patch: JsonObject): Promise<readonly Patched[]> {
  const folder = mkdtempSync(join(tmpdir(), "kubets-patch-"));
  try {
    const ask = (items: readonly JsonObject[]): Promise<{ readonly found: ReadonlyMap<string, JsonObject>; readonly problem: string }> => {
      writeFileSync(join(folder, "objects.json"), JSON.stringify({ apiVersion: "v1", kind: "List", items }));
      const args = [
        "patch",
        "--local",
        "--type=strategic",
        "-f",
        "objects.json",
        "-p",
        JSON.stringify(patch),
        "-o",
        "json",
        "--show-managed-fields",
      ];
      const env = { PATH: process.env["PATH"] ?? "", HOME: folder, KUBECONFIG: join(folder, "none"), ...shortLived };
      return new Promise((resolve) => {
        execFile(kubectl!, args, { cwd: folder, env, maxBuffer: 64 * 1024 * 1024 }, (_, output, problem) => {
          const documents = output.split(/^\}\n/m).filter((text) => text.trim() !== "");
          const read = documents.map((text) => JSON.parse(`${text}}`) as JsonObject);
          resolve({ found: new Map(read.map((each) => [nameOf(each), each])), problem });
        });
      });
    };
    const { found, problem } = await ask(objects);
    const patched: Patched[] = [];
    for (const object of objects) {
      // Where one of several is refused, kubectl may stop: the others are asked again by themselves.
      const alone = found.has(nameOf(object)) || objects.length === 1 ? { found, problem } : await ask([object]);
      patched.push({ object: alone.found.get(nameOf(object)), problem: alone.problem });
    }
    return patched;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const nameOf = ({ metadata }: JsonObject): string => String((metadata as JsonObject)["name"]);
/** The kubectl doesn't know the kind, or the field. */
const isTooOld = (problem: string): boolean =>
  /strategic merge patch is not supported for|unable to find api field in struct/.test(problem);
/** Upstream can't merge into a map of lists, such as the `extra` of a certificate signing request: it looks for a struct. Ours can. */
const isBeyondUpstream = (problem: string): boolean => problem.includes("merging an object in json but data type is not struct");

const stable = kinds.filter(({ version, verbs }) => /^v\d+$/.test(version) && verbs.includes("patch"));
const outcomes = { patched: 0, refused: 0, notTold: 0 };

describe.skipIf(kubectl === undefined)("a strategic merge patch does what a real kubectl's does", () => {
  test.each(stable.map((kind) => [`${apiVersionOf(kind)} ${kind.kind}`, kind] as const))("%s", async (title, kind) => {
    for (let round = 0; round < patchesPerKind; round++) {
      const random = seededRandom(seed + round * 1000 + stable.indexOf(kind));
      const objects = Array.from({ length: objectsPerPatch }, (_, at) =>
        named(kind, `object-${at}`, arbitraryObject(nodeOf(kind), random)),
      );
      const patch = arbitraryPatch(nodeOf(kind), objects[0]!, random);
      const theirs = await patchLocally(objects, patch);
      for (const [at, object] of objects.entries()) {
        const { object: expected, problem } = theirs[at]!;
        const facts = JSON.stringify({ title, seed, round, object, patch, problem });
        const ours = (): JsonObject => applyStrategicMergePatch(kind.schema, object, patch);
        if (expected !== undefined) {
          outcomes.patched++;
          expect(ours(), facts).toEqual(expected);
        } else if (isTooOld(problem) || isBeyondUpstream(problem)) {
          outcomes.notTold++;
        } else {
          outcomes.refused++;
          expect(ours, facts).toThrow();
        }
      }
    }
  });

  test("most patches were compared", () => {
    console.info(`Strategic merge patches by kubectl patch --local: ${JSON.stringify(outcomes)}`);
    expect(outcomes.patched).toBeGreaterThan(stable.length * patchesPerKind * objectsPerPatch * 0.7);
  });
});

function nodeOf({ schema }: Kind): ObjectNode {
  return schema.node as ObjectNode;
}

function named(kind: Kind, name: string, object: JsonObject): JsonObject {
  return { ...object, apiVersion: apiVersionOf(kind), kind: kind.kind, metadata: { ...(object["metadata"] as object | undefined), name } };
}
