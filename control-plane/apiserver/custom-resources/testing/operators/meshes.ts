import type { JSONSchemaProps } from "@kubets/api";
import { choice, flag, integer, listOf, mapByName, type Operator, status, struct, text, textMap } from "./operator.ts";

/** So many gateways can be told of, each with settings of its own: what makes the definition as large as it is. */
const gateways = 120;

const said = "Changes are rolled out to one instance after the other, and traffic follows.";

/** About thirty properties, with bounds, defaults, lists by keys, and rules. */
function gateway(index: number): JSONSchemaProps {
  const described = (schema: JSONSchemaProps, what: string): JSONSchemaProps => ({
    ...schema,
    description: `${what} of gateway ${index}. ${said}`,
  });
  const route = struct(
    {
      name: text(63),
      host: described(text(253), "Host"),
      path: text(2048, { pattern: "^/" }),
      weight: integer(0, 100, { default: 1 }),
      timeout: described(text(20), "Timeout"),
      retries: integer(0, 10),
      mirror: text(253),
      rewrite: text(2048),
      mode: choice("Pass", "Terminate", "Refuse"),
    },
    { required: ["host"] },
  );
  return described(
    struct(
      {
        address: described(text(253), "Address"),
        port: integer(1, 65_535, { default: 443 }),
        protocol: { ...choice("HTTP", "HTTPS", "TCP", "TLS"), default: "HTTPS" },
        replicas: integer(0, 100, { default: 1, "x-kubernetes-validations": [{ rule: "self >= oldSelf", message: "gateways only grow" }] }),
        partition: integer(0, 100),
        certificate: described(text(253), "Certificate"),
        serviceAccount: text(253),
        priorityClass: text(253),
        paused: described(flag, "Pause"),
        size: { "x-kubernetes-int-or-string": true, description: "The memory of an instance." },
        labels: described(textMap(20, 63), "Labels"),
        routes: described(mapByName(route, 10), "Routes"),
        access: struct({ log: flag, format: text(1024), sampling: integer(0, 100), headers: listOf(text(100), 20) }),
        health: struct({ path: text(1024), interval: text(20), threshold: integer(1, 10) }),
      },
      {
        "x-kubernetes-validations": [
          { rule: "!has(self.partition) || self.partition <= self.replicas", message: "no more than there are replicas" },
        ],
      },
    ),
    "Settings",
  );
}

function schemaWith(profile: string): JSONSchemaProps {
  const properties = Object.fromEntries(Array.from({ length: gateways }, (_, index) => [`gateway${index}`, gateway(index)]));
  return struct(
    {
      spec: struct(
        { [profile]: choice("Small", "Large"), ...properties },
        { required: [profile], "x-kubernetes-validations": [{ rule: "has(self.gateway0)", message: "a mesh has a gateway" }] },
      ),
      status,
    },
    { required: ["spec"] },
  );
}

/** What the versions call the same field. */
const profiles: Readonly<Record<string, string>> = { v1: "profile", v1beta1: "preset", v1alpha1: "flavor" };

/** A service mesh whose one definition describes the whole installation, in three versions that a webhook converts. */
export const meshes: Operator = {
  version: "v1",
  definition: {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "meshes.mesh.example.com" },
    spec: {
      group: "mesh.example.com",
      scope: "Namespaced",
      names: { plural: "meshes", singular: "mesh", kind: "Mesh" },
      conversion: {
        strategy: "Webhook",
        webhook: { conversionReviewVersions: ["v1"], clientConfig: { url: "https://converter.example.com/convert" } },
      },
      versions: Object.entries(profiles).map(([name, profile]) => ({
        name,
        served: true,
        storage: name === "v1",
        subresources: { status: {} },
        schema: { openAPIV3Schema: schemaWith(profile) },
      })),
    },
  },
  convert({ apiVersion, spec, ...rest }, to) {
    const [from, wanted] = [profiles[String(apiVersion).split("/")[1]!]!, profiles[to.split("/")[1]!]!];
    const { [from]: profile, ...others } = spec as Readonly<Record<string, unknown>>;
    return { ...rest, apiVersion: to, spec: { ...others, [wanted]: profile } };
  },
  spec: { profile: "Small", gateway0: { replicas: 2 } },
  valid: {
    "with an address": { gateway0: { address: "192.0.2.1" } },
    "with a route": { gateway0: { routes: [{ name: "all", host: "*" }] } },
    "with routes that share traffic": {
      gateway0: {
        routes: [
          { name: "a", host: "a", weight: 90 },
          { name: "b", host: "a", weight: 10 },
        ],
      },
    },
    "with the last gateway": { [`gateway${gateways - 1}`]: { port: 80, protocol: "HTTP" } },
    "with a partition": { gateway0: { partition: 2 } },
    "with a size that is a text": { gateway7: { size: "1Gi" } },
    "with a size that is a number": { gateway7: { size: 1024 } },
    "with labels": { gateway3: { labels: { zone: "a" } } },
    "with logs": { gateway4: { access: { log: true, headers: ["x-request-id"] } } },
    "that is large": { profile: "Large" },
  },
  invalid: {
    "without a profile": [{ profile: null }, "spec.profile", "Required value"],
    "of a profile that there isn't": [{ profile: "Huge" }, "spec.profile", "Unsupported value"],
    "without a gateway": [{ gateway0: null }, "spec", "Invalid value: a mesh has a gateway"],
    "with a port that is none": [{ gateway0: { port: 70_000 } }, "spec.gateway0.port", "Invalid value"],
    "with a partition larger than it": [{ gateway9: { partition: 2 } }, "spec.gateway9", "Invalid value: no more than there are replicas"],
    "with a route without host": [{ gateway0: { routes: [{ name: "a" }] } }, "spec.gateway0.routes[0].host", "Required value"],
    "with a route twice": [
      {
        gateway0: {
          routes: [
            { name: "a", host: "a" },
            { name: "a", host: "b" },
          ],
        },
      },
      "spec.gateway0.routes[1]",
      "Duplicate value",
    ],
    "with a path that is none": [
      { gateway0: { routes: [{ name: "a", host: "a", path: "a" }] } },
      "spec.gateway0.routes[0].path",
      "Invalid value",
    ],
    "with a size that is neither": [{ gateway0: { size: {} } }, "spec.gateway0.size", "Invalid value"],
    "with labels that are numbers": [
      { [`gateway${gateways - 1}`]: { labels: { a: 1 } } },
      `spec.gateway${gateways - 1}.labels.a`,
      "Invalid value",
    ],
  },
  refusedUpdate: [{ gateway0: { replicas: 1 } }, "spec.gateway0.replicas", "Invalid value: 1: gateways only grow"],
};
