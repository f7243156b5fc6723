import { expect, test } from "vitest";
import { startTestServer } from "../testing/test-server.ts";

const path = "/api/v1/componentstatuses";
const components = [
  { name: "controller-manager", probe: async () => "ok" },
  {
    name: "scheduler",
    async probe(): Promise<string> {
      throw new Error('Get "https://127.0.0.1:10259/healthz": dial tcp 127.0.0.1:10259: connect: connection refused');
    },
  },
];

test("the components of the control plane are asked how they are, the store among them", async () => {
  await using world = await startTestServer({ components });
  const { json, headers } = await world.send("GET", path);
  expect(json.items.map(({ metadata: { name }, ...rest }) => ({ name, ...rest }))).toEqual([
    { name: "controller-manager", conditions: [{ type: "Healthy", status: "True", message: "ok" }] },
    { name: "scheduler", conditions: [{ type: "Healthy", status: "False", message: expect.stringContaining("connection refused") }] },
    { name: "etcd-0", conditions: [{ type: "Healthy", status: "True", message: "ok" }] },
  ]);
  expect(headers["warning"]).toContain("v1 ComponentStatus is deprecated in v1.19+");
});

test("kubectl sees a table of them, one at a time as well, and selects by name", async () => {
  await using world = await startTestServer({ components });
  const accept = "application/json;as=Table;v=v1;g=meta.k8s.io";
  const { json } = await world.send("GET", `${path}/scheduler`, { headers: { accept } });
  expect(json.rows.map(({ cells }) => cells.slice(0, 2))).toEqual([["scheduler", "Unhealthy"]]);
  const selected = await world.send("GET", `${path}?fieldSelector=metadata.name%3Detcd-0`);
  expect(selected.json.items.map(({ metadata }) => metadata.name)).toEqual(["etcd-0"]);
  expect((await world.send("GET", `${path}/nobody`)).json).toMatchObject({ code: 500, message: "Component not found: nobody" });
});
