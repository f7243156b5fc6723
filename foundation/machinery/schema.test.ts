import { expect, test } from "vitest";
import { type defaulted, type Draft, integer, list, map, object, type Schema, string, struct, text } from "./schema.ts";

interface Port {
  readonly [defaulted]?: "protocol";
  readonly name?: string;
  readonly protocol: "TCP" | "UDP";
  readonly containerPort: number;
}
const port: Schema<Port> = object<Port>("test.Port", "A port.", {
  name: text({ field: 1, doc: "Its name." }),
  protocol: text({ field: 2, doc: "Its protocol.", enum: ["TCP", "UDP"], default: "TCP" }),
  containerPort: integer({ field: 3, doc: "Its number.", required: true, minimum: 1, maximum: 65535 }),
});
interface Spec {
  readonly [defaulted]?: "replicas";
  readonly replicas: number;
  readonly port: Port;
  readonly ports?: readonly Port[];
  readonly labels?: Readonly<Record<string, string>>;
}

test("a schema lists its entries with their facts", () => {
  const spec = object<Spec>("test.Spec", "A spec.", {
    replicas: integer({ field: 1, doc: "How many.", presence: "pointer", default: 1, minimum: 0 }),
    port: struct(port, { field: 2, doc: "The port.", required: true }),
    ports: list(port, { field: 3, doc: "More.", listType: "map", mapKeys: ["containerPort", "protocol"] }),
    labels: map(string, { field: 4, doc: "Labels." }),
  });
  const node = spec.node;
  if (node.type !== "object") throw new Error("an object schema has an object node");
  expect(Object.keys(node.fields())).toEqual(["replicas", "port", "ports", "labels"]);
  expect(node.fields().replicas).toMatchObject({ field: 1, default: 1, minimum: 0, required: false });
});

test("the compiler refuses an entry that does not agree with the interface", () => {
  object<Port>("test.Port", "A port.", {
    // @ts-expect-error a field that may be absent as read is not required
    name: text({ field: 1, doc: "Its name.", required: true }),
    // @ts-expect-error a field that is always present has a default or is required
    protocol: text({ field: 2, doc: "Its protocol.", enum: ["TCP", "UDP"] }),
    // @ts-expect-error a number is not a text
    containerPort: text({ field: 3, doc: "Its number.", required: true }),
  });
  // @ts-expect-error containerPort is missing
  object<Port>("test.Port", "A port.", {
    name: text({ field: 1, doc: "" }),
    protocol: text({ field: 2, doc: "", enum: ["TCP", "UDP"], default: "TCP" }),
  });
  object<Port>("test.Port", "A port.", {
    name: text({ field: 1, doc: "" }),
    // @ts-expect-error SCTP is not in the interface
    protocol: text({ field: 2, doc: "", enum: ["TCP", "SCTP"], default: "TCP" }),
    containerPort: integer({ field: 3, doc: "", required: true }),
  });
});

test("a draft may leave out what has a default", () => {
  const draft: Draft<Spec> = { port: { containerPort: 80 }, ports: [{ containerPort: 81, protocol: "UDP" }] };
  // @ts-expect-error what has no default must be there
  const missing: Draft<Spec> = { port: {} };
  expect([draft, missing]).toHaveLength(2);
});
