import { allKinds, isStable } from "@kubets/api";
import { apiVersionOf, type Kind } from "@kubets/machinery";
import { expect, test } from "vitest";
import { servedBy } from "./runtime-config.ts";
import { startTestServer, type TestServer } from "./testing/test-server.ts";

function served(text: string): readonly string[] {
  return allKinds.filter(servedBy(text, allKinds)).map((kind) => `${apiVersionOf(kind)}/${kind.resource}`);
}

const stable = allKinds.filter(isStable).map((kind) => `${apiVersionOf(kind)}/${kind.resource}`);
const betas = allKinds.filter((kind) => !isStable(kind)).map((kind) => `${apiVersionOf(kind)}/${kind.resource}`);

test.each<readonly [what: string, config: string, more: readonly string[], fewer: readonly string[]]>([
  ["nothing is said", "", [], []],
  ["all betas", "api/beta=true", betas, []],
  ["everything", "api/all", betas, []],
  [
    "one version",
    "networking.k8s.io/v1beta1=true",
    ["networking.k8s.io/v1beta1/ipaddresses", "networking.k8s.io/v1beta1/servicecidrs"],
    [],
  ],
  ["one resource", "networking.k8s.io/v1beta1/ipaddresses=true", ["networking.k8s.io/v1beta1/ipaddresses"], []],
  [
    "all but a version",
    "api/beta=true,resource.k8s.io/v1beta1=false",
    betas.filter((each) => !each.startsWith("resource.k8s.io/v1beta1/")),
    [],
  ],
  ["without a stable version", "autoscaling/v1=false", [], ["autoscaling/v1/horizontalpodautoscalers"]],
  ["nothing but the core", "api/all=false, api/v1=true", [], stable.filter((each) => !each.startsWith("v1/"))],
  [
    "a narrow entry before a wide one",
    "resource.k8s.io/v1beta2/devicetaintrules=false,api/beta",
    betas.filter((each) => !each.includes("devicetaintrules")),
    [],
  ],
])("--runtime-config: %s", (_what, config, more, fewer) => {
  expect(served(config).toSorted()).toEqual([...stable.filter((each) => !fewer.includes(each)), ...more].toSorted());
});

test.each([
  ["apps/v7=true", "group version apps/v7 is unknown; there is apps/v1"],
  ["nowhere/v1=true", 'group version nowhere/v1 is unknown; there is no API group "nowhere"'],
  ["apps/v1/pods=false", 'apps/v1 has no resource "pods"; it has controllerrevisions, daemonsets, deployments, replicasets, statefulsets'],
  ["apps=true", "expected api/all, api/ga, api/beta, api/alpha, GROUP/VERSION or GROUP/VERSION/RESOURCE"],
  ["apps/v1=yes", '"yes" is neither true nor false'],
  ["api/all=false", "with it alone nothing would be served"],
])("%s is refused in a sentence", (entry, problem) => {
  expect(() => servedBy(entry, allKinds)).toThrow(new RangeError(`Cannot read "${entry}" of --runtime-config: ${problem}`));
});

function serverWith(config: string): Promise<TestServer> {
  const serves = servedBy(config, allKinds);
  return startTestServer({ kinds: allKinds.filter((kind: Kind) => isStable(kind) || serves(kind)), serves });
}

const claims = (version: string): string => `/apis/resource.k8s.io/${version}/namespaces/default/resourceclaims`;

test("an object of a beta version is the same object in the stable one, in the form of each", async () => {
  await using world = await serverWith("api/beta=true");
  const created = await world.send("POST", claims("v1beta1"), {
    body: { metadata: { name: "gpu" }, spec: { devices: { requests: [{ name: "one", deviceClassName: "gpu.example.com" }] } } },
  });
  expect(created.status).toBe(201);
  expect(created.headers["warning"]).toBe('299 - "resource.k8s.io/v1beta1 ResourceClaim is deprecated in v1.35+, unavailable in v1.38+"');
  const asked = { deviceClassName: "gpu.example.com", allocationMode: "ExactCount", count: 1 };
  const specs = [];
  for (const version of ["v1beta1", "v1beta2", "v1"]) {
    const { json } = await world.send("GET", `${claims(version)}/gpu`);
    specs.push([json.apiVersion, json.metadata.resourceVersion, json.spec]);
  }
  const { resourceVersion } = created.json.metadata;
  const exactly = { devices: { requests: [{ name: "one", exactly: asked }] } };
  expect(specs).toEqual([
    ["resource.k8s.io/v1beta1", resourceVersion, { devices: { requests: [{ name: "one", ...asked }] } }],
    ["resource.k8s.io/v1beta2", resourceVersion, exactly],
    ["resource.k8s.io/v1", resourceVersion, exactly],
  ]);
});

test("a kind that has no stable version is there when its beta is switched on", async () => {
  await using world = await serverWith("coordination.k8s.io/v1beta1=true");
  const path = "/apis/coordination.k8s.io/v1beta1/namespaces/default/leasecandidates";
  const spec = { leaseName: "election", binaryVersion: "1.36.0", emulationVersion: "1.36.0", strategy: "OldestEmulationVersion" };
  expect((await world.send("POST", path, { body: { metadata: { name: "a" }, spec } })).status).toBe(201);
  const refused = await world.send("POST", path, { body: { metadata: { name: "b" }, spec: { ...spec, emulationVersion: "1.37.0" } } });
  expect([refused.status, refused.json.details.causes?.map(({ field }) => field)]).toEqual([422, ["spec.binaryVersion"]]);
});

test("what is switched off isn't found", async () => {
  await using world = await serverWith("autoscaling/v1=false");
  const answers = [claims("v1beta1"), "/apis/autoscaling/v1/horizontalpodautoscalers", "/apis/autoscaling/v2/horizontalpodautoscalers"];
  expect(await Promise.all(answers.map(async (path) => (await world.send("GET", path)).status))).toEqual([404, 404, 200]);
});
