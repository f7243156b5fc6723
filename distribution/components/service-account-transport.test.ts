import { PodKind, ServiceAccountKind } from "@kubets/api";
import { createClient, createInProcessTransport, type Transport } from "@kubets/client";
import { isStatus, type Peer } from "@kubets/machinery";
import { type Cluster, startCluster } from "@kubets/testkit";
import { expect, test } from "vitest";
import { accountTransport, createAccountTokens } from "./service-account-transport.ts";

const user = { name: "system:serviceaccount:kube-system:deployment-controller", groups: [] };
const manager = { name: "system:kube-controller-manager", groups: [] };

/** Counts the requests for tokens of a manager, who has no more than its default role. */
function world(cluster: Cluster): { readonly transport: Transport; readonly tokensAskedFor: () => number } {
  const { controlPlane, tasks, clock } = cluster;
  const transportOf = (peer: Peer): Transport => createInProcessTransport({ handle: controlPlane.apiServer.handle, peer, tasks });
  const own = transportOf({ via: "in-process", user: manager });
  let asked = 0;
  const counting: Transport = {
    ...own,
    send: (request, signal) => {
      if (request.target.includes("/token")) asked++;
      return own.send(request, signal);
    },
  };
  const tokens = createAccountTokens({ client: createClient(counting), clock });
  return {
    transport: accountTransport(transportOf({ via: "network", address: "127.0.0.1" }), tokens, user)!,
    tokensAskedFor: () => asked,
  };
}

test("a controller works as its service account, which is made, by a token that is renewed before it ends", async () => {
  await using cluster = await startCluster({ nodes: 0 });
  const { transport, tokensAskedFor } = world(cluster);
  const pods = createClient(transport).resource(PodKind);
  await Promise.all([pods.list(), pods.list()]);
  const accounts = cluster.client.resource(ServiceAccountKind).in("kube-system");
  expect((await accounts.get("deployment-controller")).metadata.name).toBe("deployment-controller");
  // The account was not there at first: asked for, made, and asked for again.
  expect(tokensAskedFor()).toBe(2);
  await cluster.clock.advance("47m");
  await pods.list();
  expect(tokensAskedFor()).toBe(2);
  await cluster.clock.advance("2m");
  await pods.list();
  expect(tokensAskedFor()).toBe(3);
  // What its role doesn't give, it may not.
  const refused = await createClient(transport)
    .resource(ServiceAccountKind)
    .in("kube-system")
    .list()
    .catch((error: unknown) => error);
  expect(isStatus(refused, "Forbidden")).toBe(true);
});

test("when its account was made anew, a controller asks for another token", async () => {
  await using cluster = await startCluster({ nodes: 0 });
  const pods = createClient(world(cluster).transport).resource(PodKind);
  await pods.list();
  const accounts = cluster.client.resource(ServiceAccountKind).in("kube-system");
  await accounts.delete("deployment-controller");
  await cluster.settle();
  expect(isStatus(await pods.list().catch((error: unknown) => error), "Unauthorized")).toBe(true);
  expect((await pods.list()).items).toEqual([]);
});

test("who is no service account has no tokens", () => {
  const nobody = {} as Transport;
  expect(accountTransport(nobody, { token: () => Promise.reject(new Error()), forget: () => undefined }, manager)).toBeUndefined();
});
