import { expect, test } from "vitest";
import { startTestServer, type TestServer } from "../testing/test-server.ts";

const configMaps = "/api/v1/namespaces/default/configmaps";

/** A world in which revision 1 made `a`, revision 2 `b` and revision 3 `c`. */
async function threeRevisions(): Promise<TestServer> {
  const world = await startTestServer();
  for (const name of ["a", "b", "c"]) await world.send("POST", configMaps, { body: { metadata: { name } } });
  return world;
}

// What each combination of resourceVersion, resourceVersionMatch and limit answers: names @ revision, and how many are left.
test.each([
  ["", "a b c @3"],
  ["resourceVersion=0", "a b c @3"],
  ["resourceVersion=2", "a b c @3"],
  ["resourceVersion=2&resourceVersionMatch=NotOlderThan", "a b c @3"],
  ["resourceVersion=0&resourceVersionMatch=NotOlderThan", "a b c @3"],
  ["resourceVersion=2&resourceVersionMatch=Exact", "a b @2"],
  ["limit=1", "a @3 +2"],
  ["resourceVersion=0&limit=1", "a @3 +2"],
  ["resourceVersion=2&limit=1", "a @2 +1"],
  ["resourceVersion=2&limit=1&resourceVersionMatch=Exact", "a @2 +1"],
  ["resourceVersion=2&limit=1&resourceVersionMatch=NotOlderThan", "a @3 +2"],
  ["limit=-1", "a b c @3"],
])("a list with %j", async (query, expected) => {
  await using world = await threeRevisions();
  const { json } = await world.send("GET", `${configMaps}?${query}`);
  const names = json.items.map(({ metadata: { name } }) => name).join(" ");
  const left = json.metadata.remainingItemCount === undefined ? "" : ` +${json.metadata.remainingItemCount}`;
  expect(`${names} @${json.metadata.resourceVersion}${left}`).toBe(expected);
});

test.each([
  ["resourceVersionMatch=Exact", 422],
  ["resourceVersion=0&resourceVersionMatch=Exact", 422],
  ["resourceVersion=2&resourceVersionMatch=Newest", 422],
  ["continue=x&resourceVersionMatch=Exact&resourceVersion=2", 422],
  ["continue=x&resourceVersion=2", 400],
  ["continue=x", 400],
  ["sendInitialEvents=true", 422],
  ["limit=many", 400],
])("a list with %j is refused with %d", async (query, code) => {
  await using world = await threeRevisions();
  expect((await world.send("GET", `${configMaps}?${query}`)).status).toBe(code);
});

test.each([
  ["", "ADDED a, ADDED b, ADDED c"],
  ["resourceVersion=0", "ADDED a, ADDED b, ADDED c"],
  ["resourceVersion=2", "ADDED c"],
  ["resourceVersion=3", ""],
  ["sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true", "ADDED a, ADDED b, ADDED c, BOOKMARK true"],
  [
    "resourceVersion=2&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true",
    "ADDED a, ADDED b, ADDED c, BOOKMARK true",
  ],
  ["sendInitialEvents=true&resourceVersionMatch=NotOlderThan", "ADDED a, ADDED b, ADDED c"],
  ["sendInitialEvents=false&resourceVersionMatch=NotOlderThan", ""],
  ["resourceVersion=2&sendInitialEvents=false&resourceVersionMatch=NotOlderThan", "ADDED c"],
])("a watch with %j", async (query, expected) => {
  await using world = await threeRevisions();
  const watch = await world.watch(`${configMaps}?watch=true&${query}`);
  const told = (await watch.events()).map(({ type, object: { metadata } }) =>
    type === "BOOKMARK" ? `BOOKMARK ${metadata.annotations?.["k8s.io/initial-events-end"]}` : `${type} ${metadata.name}`,
  );
  expect(told.join(", ")).toBe(expected);
});

test.each([
  ["sendInitialEvents=true", 422],
  ["resourceVersionMatch=NotOlderThan", 422],
  ["sendInitialEvents=true&resourceVersionMatch=Exact", 422],
  ["resourceVersion=new", 422],
])("a watch with %j is refused with %d", async (query, code) => {
  await using world = await threeRevisions();
  expect((await world.send("GET", `${configMaps}?watch=true&${query}`)).status).toBe(code);
});
