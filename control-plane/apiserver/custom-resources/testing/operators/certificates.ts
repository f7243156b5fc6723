import { choice, flag, integer, listOf, type Operator, setOf, status, struct, text, textMap } from "./operator.ts";

const hostName = text(253, { pattern: String.raw`^(\*\.)?[a-z0-9]([-a-z0-9.]*[a-z0-9])?$` });

/** A manager of certificates: what is wanted of a certificate, who signs it, and where it is put. */
export const certificates: Operator = {
  version: "v1",
  definition: {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "certificates.certificates.example.com" },
    spec: {
      group: "certificates.example.com",
      scope: "Namespaced",
      names: {
        plural: "certificates",
        singular: "certificate",
        kind: "Certificate",
        shortNames: ["cert", "certs"],
        categories: ["security"],
      },
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: [
            { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
            { name: "Secret", type: "string", jsonPath: ".spec.secretName" },
            { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
          ],
          selectableFields: [{ jsonPath: ".spec.secretName" }],
          schema: {
            openAPIV3Schema: struct(
              {
                spec: struct(
                  {
                    secretName: text(253, { minLength: 1, pattern: "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$" }),
                    commonName: text(64),
                    dnsNames: setOf(hostName, 100),
                    ipAddresses: setOf(text(39), 100),
                    duration: { type: "string", format: "duration" },
                    renewBefore: { type: "string", format: "duration" },
                    usages: listOf(choice("digital signature", "key encipherment", "server auth", "client auth"), 10),
                    isCA: { ...flag, default: false },
                    revisionHistoryLimit: integer(1, 100),
                    issuerRef: struct(
                      {
                        name: text(253, { minLength: 1 }),
                        kind: { ...choice("Issuer", "ClusterIssuer"), default: "Issuer" },
                        group: text(253),
                      },
                      {
                        required: ["name"],
                        "x-kubernetes-validations": [{ rule: "self == oldSelf", message: "the issuer can't be changed" }],
                      },
                    ),
                    privateKey: struct(
                      {
                        algorithm: { ...choice("RSA", "ECDSA", "Ed25519"), default: "RSA" },
                        size: integer(256, 8192),
                        rotationPolicy: { ...choice("Never", "Always"), default: "Always" },
                      },
                      {
                        default: {},
                        "x-kubernetes-validations": [
                          {
                            rule: "self.algorithm != 'RSA' || !has(self.size) || self.size >= 2048",
                            message: "RSA keys have 2048 bits at least",
                            fieldPath: ".size",
                          },
                        ],
                      },
                    ),
                    secretTemplate: struct({ labels: textMap(50, 63), annotations: textMap(50, 4096) }),
                  },
                  {
                    required: ["secretName", "issuerRef"],
                    "x-kubernetes-validations": [
                      {
                        rule: "has(self.commonName) || has(self.dnsNames) || has(self.ipAddresses)",
                        message: "a certificate is for somebody",
                      },
                      {
                        rule: "!has(self.duration) || !has(self.renewBefore) || self.renewBefore < self.duration",
                        message: "renewed before it ends",
                        reason: "FieldValueForbidden",
                      },
                    ],
                  },
                ),
                status,
              },
              { required: ["spec"] },
            ),
          },
        },
      ],
    },
  },
  spec: { secretName: "web-tls", dnsNames: ["web.example.com"], issuerRef: { name: "internal" } },
  valid: {
    "for a name alone": { dnsNames: null, commonName: "web" },
    "for every host of a domain": { dnsNames: ["*.example.com", "example.com"] },
    "for addresses": { dnsNames: null, ipAddresses: ["192.0.2.1", "2001:db8::1"] },
    "for a long time": { duration: "2160h", renewBefore: "360h" },
    "with uses": { usages: ["server auth", "client auth"] },
    "of an authority": { isCA: true },
    "from an issuer of the cluster": { issuerRef: { name: "public", kind: "ClusterIssuer", group: "certificates.example.com" } },
    "with a key of 256 bits": { privateKey: { algorithm: "ECDSA", size: 256 } },
    "with a key of 4096 bits": { privateKey: { size: 4096, rotationPolicy: "Never" } },
    "with labels on the Secret": { secretTemplate: { labels: { team: "web" } } },
  },
  invalid: {
    "without a Secret": [{ secretName: null }, "spec.secretName", "Required value"],
    "with a Secret of no name": [{ secretName: "" }, "spec.secretName", "Invalid value"],
    "with a host that is none": [{ dnsNames: ["UPPER.example.com"] }, "spec.dnsNames[0]", "Invalid value"],
    "with a host twice": [{ dnsNames: ["a.example.com", "a.example.com"] }, "spec.dnsNames[1]", "Duplicate value"],
    "for nobody": [{ dnsNames: null }, "spec", "Invalid value: a certificate is for somebody"],
    "for a time that is none": [{ duration: "a month" }, "spec.duration", "Invalid value"],
    "renewed after its end": [{ duration: "1h", renewBefore: "2h" }, "spec", "Forbidden: renewed before it ends"],
    "for a use that there isn't": [{ usages: ["decoration"] }, "spec.usages[0]", "Unsupported value"],
    "with a weak key": [{ privateKey: { size: 1024 } }, "spec.privateKey.size", "Invalid value: RSA keys have 2048 bits at least"],
    "from an issuer without a name": [{ issuerRef: { name: null } }, "spec.issuerRef.name", "Required value"],
  },
  refusedUpdate: [{ issuerRef: { name: "other" } }, "spec.issuerRef", "Invalid value: the issuer can't be changed"],
};
