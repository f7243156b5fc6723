import { describe, expect, test } from "vitest";
import { problemsOf } from "../testing/pods.ts";

type Json = Readonly<Record<string, unknown>>;
type Case = readonly [sentence: string, volume: Json, problems: readonly string[]];

function check(cases: readonly Case[]): void {
  test.each(cases)("%s", (_, volume, problems) => {
    expect(problemsOf({ serviceAccountName: "robot", volumes: [{ name: "v", ...volume }] })).toEqual(problems);
  });
}

const at = "spec.volumes[0]";

describe("a volume", () => {
  check([
    ["has one source", { emptyDir: {}, hostPath: { path: "/x" } }, [`${at}.hostPath: Forbidden: may not specify more than 1 volume type`]],
    ["of a host path needs a path", { hostPath: {} }, [`${at}.hostPath.path: Required value`]],
    [
      "of a host path has no steps back",
      { hostPath: { path: "/a/../b" } },
      [`${at}.hostPath.path: Invalid value: "/a/../b": must not contain '..'`],
    ],
    [
      "of a host path is of a known type",
      { hostPath: { path: "/x", type: "Pipe" } },
      [
        `${at}.hostPath.type: Unsupported value: "Pipe": supported values: "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"`,
      ],
    ],
    ["of a Secret names it", { secret: {} }, [`${at}.secret.secretName: Required value`]],
    ["of a ConfigMap names it", { configMap: {} }, [`${at}.configMap.name: Required value`]],
    [
      "has permission bits for its files",
      { secret: { secretName: "s", defaultMode: 0o1000, items: [{ key: "k", path: "p", mode: -1 }] } },
      [
        `${at}.secret.defaultMode: Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive`,
        `${at}.secret.items[0].mode: Invalid value: -1: must be a number between 0 and 0777 (octal), both inclusive`,
      ],
    ],
    [
      "has its files below its root",
      {
        configMap: {
          name: "c",
          items: [
            { key: "k", path: "/p" },
            { key: "k", path: "..p" },
          ],
        },
      },
      [
        `${at}.configMap.items[0].path: Invalid value: "/p": must be a relative path`,
        `${at}.configMap.items[1].path: Invalid value: "..p": must not start with '..'`,
      ],
    ],
    [
      "of the Pod's fields says which",
      { downwardAPI: { items: [{ path: "labels" }, { path: "cpu", resourceFieldRef: { resource: "limits.cpu" } }] } },
      [
        `${at}.downwardAPI: Required value: one of fieldRef and resourceFieldRef is required`,
        `${at}.downwardAPI.resourceFieldRef.containerName: Required value`,
      ],
    ],
    ["of NFS has an absolute path", { nfs: { server: "s", path: "x" } }, [`${at}.nfs.path: Invalid value: "x": must be an absolute path`]],
    [
      "of iSCSI has a qualified name",
      { iscsi: { targetPortal: "p", iqn: "iqn.bad", lun: 300 } },
      [
        `${at}.iscsi.iqn: Invalid value: "iqn.bad": must be valid format`,
        `${at}.iscsi.lun: Invalid value: 300: must be between 0 and 255, inclusive`,
      ],
    ],
    ["of an image names it", { image: {} }, [`${at}.image.reference: Required value`]],
    ["of CSI names a driver", { csi: { driver: "" } }, [`${at}.csi.driver: Required value`]],
  ]);

  test("has a name of its own, without which nothing can be mounted", () => {
    const containers = [{ name: "web", image: "web:1", volumeMounts: [{ name: "Bad", mountPath: "/x" }] }];
    const problems = problemsOf({ containers, volumes: [{ name: "a" }, { name: "a" }, { name: "Bad" }] });
    expect(problems.map((problem) => problem.slice(0, 45))).toEqual([
      'spec.volumes[1].name: Duplicate value: "a"',
      'spec.volumes[2].name: Invalid value: "Bad": a',
      "spec.containers[0].volumeMounts[0].name: Not ",
    ]);
  });
});

describe("a projected volume", () => {
  const projected = (...sources: readonly Json[]): Json => ({ projected: { sources } });
  check([
    [
      "has a token for ten minutes at least",
      projected({ serviceAccountToken: { path: "t", expirationSeconds: 599 } }),
      [
        `${at}.projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes`,
      ],
    ],
    [
      "makes no file twice",
      projected(
        { secret: { name: "s", items: [{ key: "k", path: "p" }] } },
        { downwardAPI: { items: [{ path: "p", fieldRef: { fieldPath: "metadata.name" } }] } },
      ),
      [`${at}.projected: Invalid value: "p": conflicting duplicate paths`],
    ],
    [
      "has one thing per source",
      projected({ secret: { name: "s" }, configMap: { name: "c" } }),
      [`${at}.projected.sources[0]: Forbidden: may not specify more than 1 volume type per source`],
    ],
    [
      "has trust bundles by name or by signer",
      projected({ clusterTrustBundle: { path: "p" } }),
      [`${at}.projected.sources[0].clusterTrustBundle: Required value: either name or signerName must be specified`],
    ],
  ]);

  test("has a token only if the Pod has an account", () => {
    expect(problemsOf({ volumes: [{ name: "v", projected: { sources: [{ serviceAccountToken: { path: "t" } }] } }] })).toEqual([
      `${at}.projected.sources[0].serviceAccountToken: Forbidden: must not be specified when serviceAccountName is not set`,
    ]);
  });
});

describe("a claim that is made for a Pod", () => {
  const ephemeral = (spec: Json, metadata: Json = {}): Json => ({ ephemeral: { volumeClaimTemplate: { metadata, spec } } });
  const template = `${at}.ephemeral.volumeClaimTemplate`;
  const storage = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
  check([
    ["may be plain", ephemeral(storage), []],
    [
      "asks for storage and for a way to mount it",
      ephemeral({}),
      [
        `${template}.spec.accessModes: Required value: at least 1 access mode is required`,
        `${template}.spec.resources[storage]: Required value`,
      ],
    ],
    ["gets its name from the Pod", ephemeral(storage, { name: "x" }), [`${template}.metadata.name: Forbidden: cannot be set`]],
  ]);

  test("is not also referred to as one that is there", () => {
    const volumes = [
      { name: "v", ...ephemeral(storage) },
      { name: "w", persistentVolumeClaim: { claimName: "web-v" } },
    ];
    expect(problemsOf({ volumes })).toEqual([
      'spec.volumes[1].persistentVolumeClaim.claimName: Invalid value: "web-v": must not reference a PVC that gets created for an ephemeral volume',
    ]);
  });
});
