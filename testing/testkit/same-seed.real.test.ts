import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";

// In a process of its own, in which nothing has been prepared yet.
const program = `
  import { kinds } from "@kubets/api";
  import { startCluster } from "@kubets/testkit";
  const objects = async () => {
    await using cluster = await startCluster({ seed: 5, startTime: Date.UTC(2027, 0, 1), nodes: 2 });
    const listed = kinds.filter(({ verbs }) => verbs.includes("list"));
    return (await Promise.all(listed.map((kind) => cluster.client.resource(kind).list()))).flatMap(({ items }) => items);
  };
  console.log(JSON.stringify([await objects(), await objects()]));
`;

test("the first cluster of a process and a later one with its seed begin with the same objects, to the last byte", () => {
  const output = execFileSync(process.execPath, ["--conditions=source", "--input-type=module", "--eval", program], {
    cwd: import.meta.dirname,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  const [first, later] = (JSON.parse(output) as readonly (readonly unknown[])[]).map((objects) =>
    objects.map((object) => JSON.stringify(object)),
  );
  expect(first!.length).toBeGreaterThan(150);
  expect(later).toEqual(first);
});
