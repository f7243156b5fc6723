import type { DraftObject, ResourceClient } from "@kubets/client";
import { apiVersionOf, isStatus, type KubernetesObject } from "@kubets/machinery";
import { expect } from "vitest";
import { type ConformanceCluster, namesIn, record, refusal } from "./conformance-cluster.ts";

/**
 * Takes a kind through everything a client can do with objects: create, get, list and watch by label, patch, update, delete and delete as
 * a collection; and looks it up in discovery. `draft` makes an object of a name; the objects are gone in the end.
 */
export async function exerciseOperations<T extends KubernetesObject>(
  cluster: ConformanceCluster,
  resource: ResourceClient<T>,
  { run, draft, names = [`${run}-1`, `${run}-2`, `${run}-3`] }: Operations<T>,
): Promise<void> {
  await expectDiscovered(cluster, resource);
  const labels = { "conformance-run": run };
  const labelSelector = `conformance-run=${run}`;
  const [first, second, third] = names;
  await using recording = await record(resource, { labelSelector });

  const created = await resource.create(draft({ name: first, labels }));
  expect(created.metadata).toMatchObject({ name: first, labels });
  for (const name of [second, third]) await resource.create(draft({ name, labels }));
  expect((await resource.get(first)).metadata.uid).toBe(created.metadata.uid);
  expect(await namesIn(resource, { labelSelector })).toEqual([first, second, third]);

  const patched = await resource.patch(first, { metadata: { annotations: { patched: "true" } } }, { type: "merge" });
  expect(patched.metadata.annotations).toMatchObject({ patched: "true" });
  const updated = await replaceAnnotations(resource, first, { updated: "true" });
  expect(updated.metadata.annotations).toMatchObject({ patched: "true", updated: "true" });

  await resource.delete(first);
  await cluster.until(async () => expect(await refusal(resource.get(first))).toBe("NotFound"));
  expect(await namesIn(resource, { labelSelector })).toEqual([second, third]);
  await resource.deleteCollection({ labelSelector });
  await cluster.until(async () => expect(await namesIn(resource, { labelSelector })).toEqual([]));

  await cluster.until(async () => {
    const types = recording.events.filter(({ object }) => object.metadata.name === first).map(({ type }) => type);
    expect(types.slice(0, 3)).toEqual(["ADDED", "MODIFIED", "MODIFIED"]);
    expect(types.at(-1)).toBe("DELETED");
    expect(recording.told).toEqual(expect.arrayContaining([`DELETED ${second}`, `DELETED ${third}`]));
  });
}

export interface Operations<T extends KubernetesObject> {
  /** Labels the objects, and names them unless they have `names`. */
  readonly run: string;
  readonly draft: (metadata: DraftMetadata) => DraftObject<T>;
  /** For kinds whose names have a meaning; in their order. */
  readonly names?: readonly [string, string, string];
}

export interface DraftMetadata {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

async function replaceAnnotations<T extends KubernetesObject>(
  resource: ResourceClient<T>,
  name: string,
  annotations: Readonly<Record<string, string>>,
): Promise<T> {
  const present = await resource.get(name);
  const metadata = { ...present.metadata, annotations: { ...present.metadata.annotations, ...annotations } };
  return resource.update({ ...present, metadata } as unknown as DraftObject<T>);
}

/** The group is in the list of groups, and the resource in the document of its version, with all verbs of a stored kind. */
async function expectDiscovered<T extends KubernetesObject>({ client }: ConformanceCluster, { kind }: ResourceClient<T>): Promise<void> {
  const document = (await readJson(client, kind.group === "" ? "/api/v1" : `/apis/${apiVersionOf(kind)}`)) as ResourceList;
  const entry = document.resources.find(({ name }) => name === kind.resource);
  expect(entry).toMatchObject({ kind: kind.kind, namespaced: kind.scope === "Namespaced" });
  expect(entry?.verbs).toEqual(expect.arrayContaining(["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]));
  if (kind.group === "") return;
  const groups = (await readJson(client, "/apis")) as GroupList;
  expect(groups.groups.find(({ name }) => name === kind.group)?.versions.map(({ version }) => version)).toContain(kind.version);
}

export interface ResourceList {
  readonly groupVersion: string;
  readonly resources: readonly {
    readonly name: string;
    readonly kind: string;
    readonly namespaced: boolean;
    readonly verbs: readonly string[];
  }[];
}

export interface GroupList {
  readonly groups: readonly {
    readonly name: string;
    readonly versions: readonly GroupVersion[];
    readonly preferredVersion: GroupVersion;
  }[];
}

interface GroupVersion {
  readonly groupVersion: string;
  readonly version: string;
}

/** A document that isn't an object of a kind: discovery, the version. */
export async function readJson({ transport }: Pick<ConformanceCluster["client"], "transport">, target: string): Promise<unknown> {
  const headers = { accept: "application/json" };
  const answer = await transport.send({ method: "GET", target, headers }, new AbortController().signal);
  expect(answer.status).toBe(200);
  return answer.object();
}

/** Reads, replaces and patches the status of an object by itself: the conditions stay, and the spec doesn't change. */
export async function exerciseStatus<T extends WithConditions>(resource: ResourceClient<T>, name: string): Promise<void> {
  const before = (await resource.subresource(name, "status").get()) as T;
  expect(before.metadata.name).toBe(name);
  const condition = (type: string): object => ({ type, status: "True", reason: "E2E", message: "Set by a conformance test" });
  const updated = await withoutConflict(async () => {
    const present = (await resource.subresource(name, "status").get()) as T;
    const conditions = [...(present.status.conditions ?? []), condition("StatusUpdate")];
    return resource.updateStatus({ ...present, status: { ...present.status, conditions } } as unknown as DraftObject<T>);
  });
  expect(typesOf(updated)).toContain("StatusUpdate");
  const patch = { status: { conditions: [condition("StatusPatched")] } };
  await resource.patch(name, patch, { type: "merge", subresource: "status" });
  const after = await resource.get(name);
  expect(typesOf(after)).toContain("StatusPatched");
  expect(after.spec).toEqual(before.spec);
}

/** Tries again when a controller, which has its own part of the status, was faster. */
async function withoutConflict<T>(attempt: () => Promise<T>): Promise<T> {
  for (let left = 4; ; left--) {
    try {
      return await attempt();
    } catch (error) {
      if (left === 0 || !isStatus(error, "Conflict")) throw error;
    }
  }
}

interface WithConditions extends KubernetesObject {
  readonly spec?: unknown;
  readonly status: { readonly conditions?: readonly { readonly type?: string }[] };
}

function typesOf({ status }: WithConditions): readonly (string | undefined)[] {
  return status.conditions?.map(({ type }) => type) ?? [];
}
