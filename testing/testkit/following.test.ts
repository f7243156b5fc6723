import { ClusterRoleBindingKind, type ConfigMap, ConfigMapKind } from "@kubets/api";
import { createInformers, type Informers } from "@kubets/client";
import { silent, type UserInfo } from "@kubets/machinery";
import { describe, expect, test } from "vitest";
import { startCluster } from "./start-cluster.ts";
import type { Cluster } from "./cluster.ts";

const robot: UserInfo = { name: "robot", groups: [] };

/** What components of the cluster's own process know, as that user. */
function informersAs(cluster: Cluster, user: UserInfo): Informers {
  const { clock, tasks, controlPlane } = cluster;
  const random = { fraction: () => 0, bytes: (count: number) => new Uint8Array(count) };
  return createInformers({ clock, tasks, random, logger: silent, client: controlPlane.clientFor(user) });
}

const rights = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: reader }
rules: [{ apiGroups: [""], resources: [configmaps], verbs: [list, watch] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: robot-reads }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader }
subjects: [{ apiGroup: rbac.authorization.k8s.io, kind: User, name: robot }]
`;

const map = (name: string): string => `
apiVersion: v1
kind: ConfigMap
metadata: { name: ${name} }
`;

const namesIn = (maps: readonly ConfigMap[]): readonly string[] =>
  maps
    .filter(({ metadata }) => metadata.namespace === "default" && metadata.name !== "kube-root-ca.crt")
    .map(({ metadata }) => metadata.name);

describe("a component of the cluster's own process", () => {
  test("is shown nothing that it may not watch, until it may", async () => {
    await using cluster = await startCluster({ nodes: 0, controllers: false, scheduler: false });
    const informers = informersAs(cluster, robot);
    try {
      const maps = informers.of(ConfigMapKind);
      await cluster.apply(map("one"));
      await cluster.settle();
      expect({ isSynced: maps.isSynced, seen: namesIn(maps.list()) }).toEqual({ isSynced: false, seen: [] });
      await cluster.apply(rights);
      await cluster.clock.advance("1m");
      expect({ isSynced: maps.isSynced, seen: namesIn(maps.list()) }).toEqual({ isSynced: true, seen: ["one"] });
    } finally {
      await informers.stop();
    }
  });

  test("sees no more a day after it may no longer", async () => {
    await using cluster = await startCluster({ nodes: 0, controllers: false, scheduler: false });
    await cluster.apply(rights);
    const informers = informersAs(cluster, robot);
    try {
      const maps = informers.of(ConfigMapKind);
      await cluster.apply(map("one"));
      await cluster.settle();
      await cluster.client.resource(ClusterRoleBindingKind).delete("robot-reads");
      await cluster.clock.advance("25h");
      await cluster.apply(map("two"));
      await cluster.settle();
      expect(namesIn(maps.list())).toEqual(["one"]);
    } finally {
      await informers.stop();
    }
  });
});
