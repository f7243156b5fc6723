import { describe, expect, test } from "vitest";
import { aContainer, problemsOf } from "../testing/pods.ts";

type Json = Readonly<Record<string, unknown>>;

/** A container, what else its Pod has, and all that is wrong with it. */
type Case = readonly [sentence: string, container: Json, spec: Json, problems: readonly string[]];

function check(cases: readonly Case[]): void {
  test.each(cases)("%s", (_, container, spec, problems) => {
    expect(problemsOf({ ...spec, containers: [aContainer(container)] })).toEqual(problems);
  });
}

test("a plain Pod has nothing wrong with it", () => {
  expect(problemsOf({})).toEqual([]);
});

test("a Pod needs a container", () => {
  expect(problemsOf({ containers: [] })).toEqual(["spec.containers: Required value"]);
});

const label =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

describe("a container", () => {
  check([
    ["needs a name", { name: "" }, {}, ["spec.containers[0].name: Required value"]],
    ["needs an image", { image: "" }, {}, ["spec.containers[0].image: Required value"]],
    ["has a label for its name", { name: "Web" }, {}, [`spec.containers[0].name: Invalid value: "Web": ${label}`]],
    [
      "has no blanks around its image",
      { image: " web:1" },
      {},
      ['spec.containers[0].image: Invalid value: " web:1": must not have leading or trailing whitespace'],
    ],
    [
      "pulls its image by a known policy",
      { imagePullPolicy: "Sometimes" },
      {},
      ['spec.containers[0].imagePullPolicy: Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"'],
    ],
    [
      "resizes cpu and memory only, each once",
      {
        resizePolicy: [
          { resourceName: "cpu", restartPolicy: "NotRequired" },
          { resourceName: "cpu", restartPolicy: "NotRequired" },
          { resourceName: "gpu", restartPolicy: "NotRequired" },
        ],
      },
      {},
      [
        'spec.containers[0].resizePolicy[1]: Duplicate value: "cpu"',
        'spec.containers[0].resizePolicy: Unsupported value: "gpu": supported values: "cpu", "memory"',
      ],
    ],
    [
      "of a Pod that never restarts is not restarted by a resize",
      { resizePolicy: [{ resourceName: "memory", restartPolicy: "RestartContainer" }] },
      { restartPolicy: "Never" },
      ["spec.containers[0].resizePolicy: Invalid value: \"RestartContainer\": must be 'NotRequired' when `restartPolicy` is 'Never'"],
    ],
    [
      "with restart rules says what happens when none applies",
      { restartPolicyRules: [{ action: "Restart" }] },
      {},
      [
        "spec.containers[0].restartPolicy: Required value: must specify restartPolicy when restart rules are used",
        "spec.containers[0].restartPolicyRules[0].exitCodes: Required value: must be specified",
      ],
    ],
  ]);

  test("has a name of its own", () => {
    expect(problemsOf({ containers: [aContainer(), aContainer()], initContainers: [aContainer()] })).toEqual([
      'spec.containers[1].name: Duplicate value: "web"',
      'spec.initContainers[0].name: Duplicate value: "web"',
    ]);
  });
});

describe("ports", () => {
  check([
    [
      "have a number from 1 to 65535",
      { ports: [{ containerPort: 0 }, { containerPort: 70_000 }] },
      {},
      [
        "spec.containers[0].ports[0].containerPort: Required value",
        "spec.containers[0].ports[1].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive",
      ],
    ],
    [
      "have a known protocol",
      { ports: [{ containerPort: 80, protocol: "tcp" }] },
      {},
      ['spec.containers[0].ports[0].protocol: Unsupported value: "tcp": supported values: "SCTP", "TCP", "UDP"'],
    ],
    [
      "have short names of their own",
      {
        ports: [
          { containerPort: 80, name: "http" },
          { containerPort: 81, name: "http" },
          { containerPort: 82, name: "an-overlong-name" },
        ],
      },
      {},
      [
        'spec.containers[0].ports[1].name: Duplicate value: "http"',
        'spec.containers[0].ports[2].name: Invalid value: "an-overlong-name": must be no more than 15 characters',
      ],
    ],
    [
      "take a port of the node once",
      {
        ports: [
          { containerPort: 80, hostPort: 8080 },
          { containerPort: 81, hostPort: 8080 },
        ],
      },
      {},
      ['spec.containers[0].ports[1].hostPort: Duplicate value: "TCP//8080"'],
    ],
    [
      "are those of the node on the node's network",
      { ports: [{ containerPort: 80, hostPort: 8080 }] },
      { hostNetwork: true },
      ["spec.containers[0].ports[0].hostPort: Invalid value: 8080: must match `containerPort` when `hostNetwork` is true"],
    ],
  ]);
});

describe("environment variables", () => {
  const env = (...variables: readonly Json[]): Json => ({ env: variables });
  const at = "spec.containers[0].env[0].valueFrom";
  check([
    ["need a name", env({ name: "" }), {}, ["spec.containers[0].env[0].name: Required value"]],
    [
      "have no equals sign in their name",
      env({ name: "A=B" }),
      {},
      [
        "spec.containers[0].env[0].name: Invalid value: \"A=B\": a valid environment variable name must consist only of printable ASCII characters other than '='",
      ],
    ],
    ["may come twice", env({ name: "A", value: "1" }, { name: "A", value: "2" }), {}, []],
    [
      "come from somewhere",
      env({ name: "A", valueFrom: {} }),
      {},
      [
        `${at}: Invalid value: "": must specify one of: \`fieldRef\`, \`resourceFieldRef\`, \`configMapKeyRef\`, \`secretKeyRef\` or \`fileKeyRef\``,
      ],
    ],
    [
      "have a value or come from somewhere",
      env({ name: "A", value: "1", valueFrom: { secretKeyRef: { name: "s", key: "k" } } }),
      {},
      [`${at}: Invalid value: "": may not be specified when \`value\` is not empty`],
    ],
    [
      "come from one place",
      env({ name: "A", valueFrom: { secretKeyRef: { name: "s", key: "k" }, configMapKeyRef: { name: "c", key: "k" } } }),
      {},
      [`${at}: Invalid value: "": may not have more than one field specified at a time`],
    ],
    [
      "come from fields that variables can have",
      env({ name: "A", valueFrom: { fieldRef: { fieldPath: "metadata.labels" } } }),
      {},
      [
        `${at}.fieldRef.fieldPath: Unsupported value: "metadata.labels": supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"`,
      ],
    ],
    ["come from one label", env({ name: "A", valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } }), {}, []],
    [
      "come from fields that Pods have",
      env({ name: "A", valueFrom: { fieldRef: { fieldPath: "spec.colour" } } }),
      {},
      [`${at}.fieldRef.fieldPath: Invalid value: "spec.colour": error converting fieldPath: field label not supported: spec.colour`],
    ],
    [
      "measure cpu in cores or thousandths of them",
      env({ name: "A", valueFrom: { resourceFieldRef: { resource: "limits.cpu", divisor: "2" } } }),
      {},
      [`${at}.resourceFieldRef.divisor: Invalid value: "limits.cpu": only divisor's values 1m and 1 are supported with the cpu resource`],
    ],
    [
      "are made of a ConfigMap or a Secret",
      { envFrom: [{ prefix: "P_" }, { configMapRef: { name: "" } }] },
      {},
      [
        'spec.containers[0].envFrom: Invalid value: "": must specify one of: `configMapRef` or `secretRef`',
        "spec.containers[0].envFrom[1].configMapRef.name: Required value",
      ],
    ],
  ]);
});

describe("mounts", () => {
  const volumes = [
    { name: "data", emptyDir: {} },
    { name: "disk", persistentVolumeClaim: { claimName: "c" } },
  ];
  const at = "spec.containers[0].volumeMounts";
  check([
    ["are of volumes that there are", { volumeMounts: [{ name: "no", mountPath: "/x" }] }, { volumes }, [`${at}[0].name: Not found: "no"`]],
    ["need a path", { volumeMounts: [{ name: "data", mountPath: "" }] }, { volumes }, [`${at}[0].mountPath: Required value`]],
    [
      "have a path of their own",
      {
        volumeMounts: [
          { name: "data", mountPath: "/x" },
          { name: "disk", mountPath: "/x" },
        ],
      },
      { volumes },
      [`${at}[1].mountPath: Invalid value: "/x": must be unique`],
    ],
    [
      "stay within the volume",
      { volumeMounts: [{ name: "data", mountPath: "/x", subPath: "../y" }] },
      { volumes },
      [`${at}.subPath: Invalid value: "../y": must not contain '..'`],
    ],
    [
      "propagate to the node from privileged containers only",
      { volumeMounts: [{ name: "data", mountPath: "/x", mountPropagation: "Bidirectional" }] },
      { volumes },
      [`${at}.mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers`],
    ],
    [
      "are read-only all the way down only where they are read-only",
      { volumeMounts: [{ name: "data", mountPath: "/x", recursiveReadOnly: "Enabled" }] },
      { volumes },
      [`${at}.recursiveReadOnly: Forbidden: may only be specified when readOnly is true`],
    ],
    [
      "of block devices are of claims",
      { volumeDevices: [{ name: "data", devicePath: "/dev/x" }] },
      { volumes },
      [
        'spec.containers[0].volumeDevices[0].name: Invalid value: "data": can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode',
      ],
    ],
    [
      "are of a volume once, as files or as a device",
      { volumeMounts: [{ name: "disk", mountPath: "/x" }], volumeDevices: [{ name: "disk", devicePath: "/x" }] },
      { volumes },
      [
        `${at}[0].name: Invalid value: "disk": must not already exist in volumeDevices`,
        `${at}[0].mountPath: Invalid value: "/x": must not already exist as a path in volumeDevices`,
        'spec.containers[0].volumeDevices[0].name: Invalid value: "disk": must not already exist in volumeMounts',
        'spec.containers[0].volumeDevices[0].devicePath: Invalid value: "/x": must not already exist as a path in volumeMounts',
      ],
    ],
  ]);
});

describe("probes and hooks", () => {
  const at = "spec.containers[0]";
  check([
    ["do something", { livenessProbe: {} }, {}, [`${at}.livenessProbe: Required value: must specify a handler type`]],
    [
      "do one thing",
      { livenessProbe: { exec: { command: ["true"] }, tcpSocket: { port: 80 } } },
      {},
      [`${at}.livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type`],
    ],
    ["run a command", { lifecycle: { preStop: { exec: {} } } }, {}, [`${at}.lifecycle.preStop.exec.command: Required value`]],
    [
      "connect to a port",
      { readinessProbe: { httpGet: { port: 0 } }, startupProbe: { tcpSocket: { port: "-" } } },
      {},
      [
        `${at}.readinessProbe.httpGet.port: Invalid value: 0: must be between 1 and 65535, inclusive`,
        `${at}.startupProbe.tcpSocket.port: Invalid value: "-": must contain at least one letter (a-z)`,
        `${at}.startupProbe.tcpSocket.port: Invalid value: "-": must not begin or end with a hyphen`,
      ],
    ],
    [
      "kill after one failure too few or come back after one success",
      { livenessProbe: { exec: { command: ["true"] }, successThreshold: 2, periodSeconds: -1 } },
      {},
      [
        `${at}.livenessProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0`,
        `${at}.livenessProbe.successThreshold: Invalid value: 2: must be 1`,
      ],
    ],
    [
      "that don't kill have no grace period",
      { readinessProbe: { exec: { command: ["true"] }, terminationGracePeriodSeconds: 1 } },
      {},
      [`${at}.readinessProbe.terminationGracePeriodSeconds: Invalid value: 1: must not be set for readinessProbes`],
    ],
    [
      "sleep within the grace period",
      { lifecycle: { preStop: { sleep: { seconds: 31 } } } },
      {},
      [`${at}.lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)`],
    ],
  ]);
});

describe("init containers", () => {
  const at = "spec.initContainers[0]";
  test("that run to their end have no probes, and no life to look after", () => {
    const container = aContainer({ name: "init", livenessProbe: { exec: { command: ["true"] } }, lifecycle: {} });
    const detail = "may not be set for init containers without restartPolicy=Always";
    expect(problemsOf({ initContainers: [container] })).toEqual([
      `${at}.lifecycle: Forbidden: ${detail}`,
      `${at}.livenessProbe: Forbidden: ${detail}`,
    ]);
  });
  test("that stay may have both", () => {
    const container = aContainer({ name: "init", restartPolicy: "Always", livenessProbe: { exec: { command: ["true"] } }, lifecycle: {} });
    expect(problemsOf({ initContainers: [container] })).toEqual([]);
  });
  test("take ports of the node one after another", () => {
    const ports = [{ containerPort: 80, hostPort: 80 }];
    expect(problemsOf({ initContainers: [aContainer({ name: "a", ports }), aContainer({ name: "b", ports })] })).toEqual([]);
  });
});

test("ephemeral containers come later", () => {
  const container = aContainer({
    name: "debug",
    targetContainerName: "no",
    ports: [{ containerPort: 80 }],
    resources: { limits: { cpu: "1" } },
  });
  expect(problemsOf({ ephemeralContainers: [container] })).toEqual([
    'spec.ephemeralContainers[0].targetContainerName: Not found: "no"',
    "spec.ephemeralContainers[0].ports: Forbidden: cannot be set for an Ephemeral Container",
    "spec.ephemeralContainers[0].resources: Forbidden: cannot be set for an Ephemeral Container",
    "spec.ephemeralContainers: Forbidden: cannot be set on create",
  ]);
});
