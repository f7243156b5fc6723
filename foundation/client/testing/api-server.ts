import { kinds } from "@kubets/api";
import { type ApiServer, createApiServer } from "@kubets/apiserver";
import { type Handler, unmeasured, type UserInfo } from "@kubets/machinery";
import type { Store } from "@kubets/store";
import { createMemoryStore } from "@kubets/store/memory";
import { createClient } from "../client-implementation.ts";
import type { Client } from "../client.ts";
import { createInProcessTransport } from "../in-process-transport.ts";
import { createWorld, type World } from "./harness.ts";

const tester: UserInfo = { name: "tester", groups: ["system:masters", "system:authenticated"] };

/** The real API server in memory, on which everybody may do everything. */
export interface ServedWorld extends World, AsyncDisposable {
  readonly client: Client;
  /** The same, for informers that follow kinds without requests. */
  readonly followingClient: Client;
  /** What the client calls: the server that runs now. */
  readonly handle: Handler;
  readonly store: Store;
  /** Ends the server, and starts another over the same store. */
  restart(): Promise<void>;
  /** Run when the world ends, last in first out, before the server ends. */
  defer(end: () => Promise<void>): void;
}

export async function startServer(seed?: number): Promise<ServedWorld> {
  const world = createWorld(seed);
  const store = createMemoryStore(world);
  let server = await serve(world, store);
  const handle: Handler = (request, peer, signal) => server.handle(request, peer, signal);
  const shared = { handle, peer: { via: "in-process", user: tester }, tasks: world.tasks } as const;
  const transport = createInProcessTransport(shared);
  const following = createInProcessTransport({ ...shared, follow: (what, follower, peer) => server.follow(what, follower, peer) });
  const cleanUp = new AsyncDisposableStack();
  return {
    ...world,
    handle,
    store,
    client: createClient(transport, { fieldManager: "tester" }),
    followingClient: createClient(following, { fieldManager: "tester" }),
    defer: (end) => cleanUp.defer(end),
    async restart() {
      await server.close();
      server = await serve(world, store);
    },
    async [Symbol.asyncDispose]() {
      await cleanUp.disposeAsync();
      await transport.close();
      await following.close();
      await server.close();
      await store.close();
      await world.tasks.settle();
      if (world.tasks.failures.length > 0) throw world.tasks.failures[0]!.error;
    },
  };
}

function serve({ clock, random, tasks, logger }: World, store: Store): Promise<ApiServer> {
  return createApiServer({
    store,
    kinds,
    clock,
    random,
    tasks,
    logger,
    metrics: unmeasured,
    version: {
      major: "1",
      minor: "36",
      gitVersion: "v1.36.0",
      gitCommit: "",
      gitTreeState: "clean",
      buildDate: "1970-01-01T00:00:00Z",
      goVersion: "",
      compiler: "",
      platform: "",
    },
    parts: () => ({
      authenticators: [{ name: "everyone", authenticate: async (_, peer) => (peer.via === "in-process" ? peer.user : tester) }],
      authorizer: { name: "everything", authorize: async () => ({ decision: "allow", reason: "" }) },
      admission: [],
      pathEndpoints: [],
      resourceEndpoints: [],
    }),
  });
}
