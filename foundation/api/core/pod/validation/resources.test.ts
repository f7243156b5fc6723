import { describe, expect, test } from "vitest";
import { aContainer, problemsOf } from "../testing/pods.ts";

type Json = Readonly<Record<string, unknown>>;

describe("resources of a container", () => {
  const at = "spec.containers[0].resources";
  const cases: readonly (readonly [sentence: string, resources: Json, problems: readonly string[]])[] = [
    ["may be anything plausible", { requests: { cpu: "100m", memory: "1Gi" }, limits: { cpu: "1" } }, []],
    [
      "are not asked for beyond the limit",
      { requests: { cpu: "2" }, limits: { cpu: "1500m" } },
      [`${at}.requests: Invalid value: "2": must be less than or equal to cpu limit of 1500m`],
    ],
    [
      "are not negative",
      { limits: { memory: "-1" }, requests: { memory: "-1" } },
      [
        `${at}.limits[memory]: Invalid value: "-1": must be greater than or equal to 0`,
        `${at}.requests[memory]: Invalid value: "-1": must be greater than or equal to 0`,
      ],
    ],
    [
      "have a known name",
      { limits: { disk: "1" }, requests: { disk: "1" } },
      ["limits", "requests"].flatMap((list) => [
        `${at}.${list}[disk]: Invalid value: "disk": must be a standard resource type or fully qualified`,
        `${at}.${list}[disk]: Invalid value: "disk": must be a standard resource for containers`,
      ]),
    ],
    [
      "of devices come whole",
      { limits: { "vendor.example/gpu": "500m" } },
      ["limits", "requests"].map((list) => `${at}.${list}[vendor.example/gpu]: Invalid value: "500m": must be an integer`),
    ],
    [
      "of devices are limited to what is asked for",
      { limits: { "vendor.example/gpu": "2" }, requests: { "vendor.example/gpu": "1" } },
      [`${at}.requests: Invalid value: "1": must be equal to vendor.example/gpu limit of 2`],
    ],
    [
      "of devices are not asked for without a limit",
      { requests: { "vendor.example/gpu": "1" } },
      [`${at}.limits: Required value: Limit must be set for non overcommitable resources`],
    ],
    [
      "in huge pages are whole pages, beside cpu or memory",
      { limits: { "hugepages-2Mi": "3Mi" } },
      [
        `${at}.limits[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi`,
        `${at}.requests[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi`,
        `${at}: Forbidden: HugePages require cpu or memory`,
      ],
    ],
    [
      "are claims of the Pod, each once",
      { claims: [{ name: "gpu", request: "a" }, { name: "gpu", request: "b" }, { name: "gpu" }, { name: "no" }] },
      [
        `${at}.claims[2]: Duplicate value: "gpu"`,
        `${at}.claims[3]: Not found: "no": must be one of the names in pod.spec.resourceClaims: gpu`,
      ],
    ],
  ];
  test.each(cases)("%s", (_, resources, problems) => {
    const resourceClaims = [{ name: "gpu", resourceClaimName: "shared-gpu" }];
    expect(problemsOf({ resourceClaims, containers: [aContainer({ resources })] })).toEqual(problems);
  });
});

describe("resources of a Pod", () => {
  const containers = [
    aContainer({ resources: { requests: { cpu: "600m" }, limits: { cpu: "1" } } }),
    aContainer({ name: "b", resources: { requests: { cpu: "600m" } } }),
  ];
  test("are enough for all containers, and for each one's limit", () => {
    expect(problemsOf({ containers, resources: { requests: { cpu: "1" }, limits: { cpu: "900m" } } })).toEqual([
      'spec.resources.requests: Invalid value: "1": must be less than or equal to cpu limit of 900m',
      'spec.resources.requests[cpu]: Invalid value: "1": must be greater than or equal to aggregate container requests of 1200m',
      'spec.resources.containers[0][cpu].limits: Invalid value: "1": must be less than or equal to pod limits of 900m',
    ]);
  });
  test("are cpu, memory and huge pages", () => {
    expect(problemsOf({ resources: { limits: { "ephemeral-storage": "1Gi" } } })).toEqual([
      'spec.resources.limits[ephemeral-storage]: Unsupported value: "ephemeral-storage": supported values: "cpu", "hugepages-", "memory"',
    ]);
  });
  test("are no claims", () => {
    const resourceClaims = [{ name: "gpu", resourceClaimName: "shared-gpu" }];
    expect(problemsOf({ resourceClaims, resources: { limits: { cpu: "1" }, claims: [{ name: "gpu" }] } })).toEqual([
      "spec.resources.claims: Forbidden: claims cannot be set for Resources at pod-level",
    ]);
  });
});
