import { formatTime } from "@kubets/machinery";
import { describe, expect, test } from "vitest";
import { asRead, noon, problemsOf, problemsOfStatusUpdate, rowOf } from "../testing/kind-under-test.ts";
import { withConditionTimes } from "./certificate-signing-request-rules.ts";
import { CertificateSigningRequestKind as kind } from "./certificate-signing-request.ts";

// Of the name `e2e.example.com`, with a P-256 key that nobody has kept.
const request = btoa(`-----BEGIN CERTIFICATE REQUEST-----
MIHUMHwCAQAwGjEYMBYGA1UEAwwPZTJlLmV4YW1wbGUuY29tMFkwEwYHKoZIzj0C
AQYIKoZIzj0DAQcDQgAEbDkwareAZl9gWA8Se2h5K1qcS1KA8UNJ/mfC4LU3aiBM
+3+0KikxWgu8x4hsLrzj89f7GYd5iwJA8Owmp2KudqAAMAoGCCqGSM49BAMCA0gA
MEUCIQDkShTqxqv6TnyMq22Bd1yDFQWT5my4jwKCaDpH3tLvhwIgfTjnjiIy8uaO
D2atoajlw7czuwwNh2brjqv6EPaxvnA=
-----END CERTIFICATE REQUEST-----
`);
const notDer = btoa("-----BEGIN CERTIFICATE REQUEST-----\nMAAA\n-----END CERTIFICATE REQUEST-----\n");
const spec = { request, signerName: "kubernetes.io/kube-apiserver-client", usages: ["client auth"] };
const context = { now: noon, user: { name: "ada", groups: ["dev"] } };
const approved = { type: "Approved", status: "True" };

test("who asks is what authentication says", () => {
  const pretending = asRead(kind, {
    spec: { ...spec, username: "root", uid: "0", groups: ["system:masters"], extra: { a: ["b"] } },
    status: { conditions: [approved] },
  });
  const prepared = kind.strategy.prepareForCreate!(pretending, context);
  expect([prepared.spec, prepared.status]).toEqual([{ ...spec, username: "ada", groups: ["dev"] }, {}]);
});

test("a request never changes, and only its approval subresource decides on it", () => {
  const previous = asRead(kind, { spec, status: { conditions: [approved] } });
  const next = asRead(kind, {
    spec: { ...spec, signerName: "example.com/mine" },
    status: { conditions: [{ type: "Denied" }, { type: "Failed" }] },
  });
  expect(kind.strategy.prepareForUpdate!(next, previous, context).spec).toEqual(previous.spec);
  expect(kind.strategy.prepareForStatusUpdate!(next, previous, context).status.conditions?.map(({ type }) => type)).toEqual([
    "Approved",
    "Failed",
  ]);
});

describe("rules", () => {
  test.each([
    [spec, []],
    [{ ...spec, request: undefined }, ["spec.request: Required value"]],
    [
      { ...spec, request: btoa("-----BEGIN CERTIFICATE-----\n") },
      [`spec.request: Invalid value: "${btoa("-----BEGIN CERTIFICATE-----\n")}": PEM block type must be CERTIFICATE REQUEST`],
    ],
    [{ ...spec, request: notDer }, [`spec.request: Invalid value: "${notDer}": asn1: syntax error: truncated tag or length`]],
    [{ ...spec, usages: [] }, ["spec.usages: Required value"]],
    [{ ...spec, usages: ["any", "any"] }, ['spec.usages[1]: Duplicate value: "any"']],
    [
      { ...spec, expirationSeconds: 599 },
      ["spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 600 seconds (10 minutes)"],
    ],
    [
      { ...spec, signerName: "mine" },
      ["spec.signerName: Invalid value: \"mine\": must be a fully qualified domain and path of the form 'example.com/signer-name'"],
    ],
  ])("%j", (body, problems) => {
    expect(problemsOf(kind, { spec: body })).toEqual(problems);
  });

  test("a decision is true, and not two at once", () => {
    const conditions = [{ type: "Approved", status: "False" }, { type: "Denied" }, { type: "Mine", status: "Unknown" }, { type: "Mine" }];
    expect(problemsOfStatusUpdate(kind, { spec }, { spec, status: { conditions } })).toEqual([
      'status.conditions[0].status: Unsupported value: "False": supported values: "True"',
      'status.conditions[1].type: Invalid value: "Denied": Approved and Denied conditions are mutually exclusive',
      'status.conditions[3].type: Duplicate value: "Mine"',
    ]);
  });

  test("what was decided stays decided, and a certificate stays what it is", () => {
    const conditions = [approved, { type: "Failed", status: "True" }];
    const previous = { spec, status: { conditions, certificate: btoa("one") } };
    expect(problemsOfStatusUpdate(kind, previous, { spec, status: { conditions: [approved], certificate: btoa("another") } })).toEqual([
      'status.conditions: Forbidden: updates may not remove a condition of type "Failed"',
      'status.certificate: Invalid value: "<certificate data>": must contain at least one CERTIFICATE PEM block',
      "status.certificate: Forbidden: updates may not modify existing certificate content",
    ]);
    const request = `-----BEGIN CERTIFICATE REQUEST-----\nMAAA\n-----END CERTIFICATE REQUEST-----\n`;
    expect(problemsOfStatusUpdate(kind, { spec }, { spec, status: { certificate: btoa(request) } })).toEqual([
      'status.certificate: Invalid value: "<certificate data>": only CERTIFICATE PEM blocks are allowed, found "CERTIFICATE REQUEST"',
    ]);
  });

  test("the signer of an older API version takes nothing new", () => {
    const legacy = asRead(kind, { spec: { ...spec, signerName: "kubernetes.io/legacy-unknown" } });
    expect(kind.strategy.validateCreate!(legacy)).toMatchObject([
      { field: "spec.signerName", detail: "the legacy signerName is not allowed via this API version" },
    ]);
  });

  test("a decision bears its times", () => {
    const decided = asRead(kind, { spec, status: { conditions: [approved] } });
    const earlier = { ...approved, lastUpdateTime: "2020-01-01T00:00:00Z", lastTransitionTime: "2020-01-01T00:00:00Z" };
    const before = asRead(kind, { spec, status: { conditions: [earlier] } });
    expect(withConditionTimes(decided, before, noon).status.conditions).toEqual([
      { ...approved, lastUpdateTime: formatTime(noon), lastTransitionTime: "2020-01-01T00:00:00Z" },
    ]);
  });
});

test.each([
  [{}, "Pending"],
  [{ conditions: [approved] }, "Approved"],
  [{ conditions: [approved], certificate: btoa("x") }, "Approved,Issued"],
  [{ conditions: [{ type: "Denied" }, { type: "Failed" }] }, "Denied,Failed"],
])("a table shows a request with %j as %s", (status, shown) => {
  expect(rowOf(kind, { spec: { ...spec, username: "ada", expirationSeconds: 3600 }, status })).toEqual({
    Name: "web",
    Age: "60s",
    SignerName: spec.signerName,
    Requestor: "ada",
    RequestedDuration: "60m",
    Condition: shown,
  });
});
