import { describe, expect, test } from "vitest";
import { asRead, noon, problemsOf, problemsOfStatusUpdate, rowOf } from "../testing/kind-under-test.ts";
import { CertificateSigningRequestKind as kind } from "./certificate-signing-request.ts";

const request = btoa("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n");
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
