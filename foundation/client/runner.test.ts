import {
  alreadyExists,
  conflict,
  forbiddenTo,
  notFound,
  objectModified,
  StatusError,
  tooManyRequests,
  unmeasured,
} from "@kubets/machinery";
import { describe, expect, test } from "vitest";
import { createClient } from "./client-implementation.ts";
import { type Action, type Controller, create, type Decision, deletion, nothing, update, watch } from "./controller.ts";
import { createInProcessTransport } from "./in-process-transport.ts";
import { createInformers } from "./informers.ts";
import { runControllers } from "./runner.ts";
import { aWidget, createWorld, type Widget, WidgetKind, type World } from "./testing/harness.ts";
import {
  added,
  createScriptedServer,
  deleted,
  initialEventsEnd,
  modified,
  type ScriptedRequest,
  type ScriptedServer,
  type ScriptedWatch,
} from "./testing/scripted-server.ts";

type WidgetController = Controller<Widget>;

interface Setting extends World, AsyncDisposable {
  readonly server: ScriptedServer;
  readonly events: ScriptedWatch;
  /** Keys in the order in which they were decided upon. */
  readonly passes: readonly string[];
}

/** A controller of widgets, running, over a server that has `widgets` and whose every further answer the test gives. */
async function setting(
  reconcile: WidgetController["reconcile"],
  options: Partial<WidgetController> = {},
  widgets: readonly Widget[] = [],
): Promise<Setting> {
  const world = createWorld();
  const server = createScriptedServer(world.tasks);
  const transport = createInProcessTransport({
    handle: server.handle,
    peer: { via: "in-process", user: { name: "test", groups: [] } },
    tasks: world.tasks,
  });
  const client = createClient(transport);
  const informers = createInformers({ client, ...world });
  const passes: string[] = [];
  const controller: WidgetController = {
    name: "widget",
    watches: [watch(WidgetKind)],
    observe: (key, caches) => caches.of(WidgetKind).get(key),
    reconcile: (observed, now, context) => {
      passes.push(observed.metadata.name);
      return reconcile(observed, now, context);
    },
    ...options,
  };
  const runner = runControllers({ controllers: [controller], client, informers, metrics: unmeasured, ...world });
  const events = (await server.next()).stream();
  events.send(...widgets.map(added), initialEventsEnd(100));
  await world.tasks.settle();
  return {
    ...world,
    server,
    events,
    passes,
    async [Symbol.asyncDispose]() {
      await runner.stop();
      await informers.stop();
      expect(world.tasks.failures).toEqual([]);
      expect(world.tasks.pending()).toEqual([]);
    },
  };
}

const doing = (...actions: readonly Action[]): Decision => ({ actions });
const aChild = (name: string): Action =>
  create(WidgetKind, { metadata: { name, namespace: "default", ownerReferences: [owner] }, spec: { size: 1 } });
const owner = { apiVersion: "test.kubets.dev/v1", kind: "Widget", name: "parent", uid: "uid-parent", controller: true };
const isParent = ({ metadata }: Widget): boolean => metadata.name === "parent";

const requestsNow = async ({ server, tasks }: Setting, count: number): Promise<readonly ScriptedRequest[]> => {
  await tasks.settle();
  const requests: ScriptedRequest[] = [];
  for (let index = 0; index < count; index++) requests.push(await server.next());
  return requests;
};
const described = ({ request, path }: ScriptedRequest): string =>
  `${request.method} ${path.replace("/apis/test.kubets.dev/v1/namespaces/", "")}`;

describe("the controller runner", () => {
  test("decides upon every key once the caches are full, and again when one changes", async () => {
    await using s = await setting(() => nothing, {}, [aWidget("a", 1), aWidget("b", 2)]);
    expect(s.passes).toEqual(["a", "b"]);
    s.events.send(modified(aWidget("b", 101)));
    await s.tasks.settle();
    expect(s.passes).toEqual(["a", "b", "b"]);
  });

  test("decides upon a key again only when the caches show what it wrote", async () => {
    await using s = await setting(
      (widget) =>
        isParent(widget) && widget.spec.size > 1 ? doing(update(WidgetKind, { ...widget, spec: { size: widget.spec.size - 1 } })) : nothing,
      {},
      [aWidget("parent", 1, { size: 3 })],
    );
    const [request] = await requestsNow(s, 1);
    expect(described(request!)).toBe("PUT default/widgets/parent");
    request!.answer(aWidget("parent", 105, { size: 2 }));
    // Another change touches the key before its own write is seen.
    s.events.send(modified(aWidget("parent", 103, { size: 3, labels: { touched: "yes" } })));
    await s.tasks.settle();
    expect(s.passes).toEqual(["parent"]);
    s.events.send(modified(aWidget("parent", 105, { size: 2 })));
    const [second] = await requestsNow(s, 1);
    expect(second!.body).toMatchObject({ spec: { size: 1 } });
    expect(s.passes).toEqual(["parent", "parent"]);
  });

  test("waits until the caches show that what it deleted is gone", async () => {
    const child = aWidget("child", 2, { uid: "child-1" });
    await using s = await setting((widget) => (isParent(widget) ? doing(deletion(WidgetKind, child)) : nothing), {}, [
      aWidget("parent", 1),
      child,
    ]);
    const [request] = await requestsNow(s, 1);
    expect(request!.body).toEqual({ kind: "DeleteOptions", apiVersion: "v1", preconditions: { uid: "child-1" } });
    request!.answer({ kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details: { name: "child", uid: "child-1" } });
    s.events.send(modified(aWidget("parent", 101)));
    await s.tasks.settle();
    expect(s.passes).toEqual(["parent", "child"]);
    s.events.send(deleted(aWidget("child", 102, { uid: "child-1" })));
    await s.tasks.settle();
    expect(s.passes).toEqual(["parent", "child", "parent"]);
  });

  test.each([
    { title: "shows", lists: [aWidget("parent", 102), aWidget("c", 500)], revision: 501, decided: ["parent", "c"] },
    { title: "has forgotten", lists: [aWidget("parent", 102)], revision: 103, decided: ["parent"] },
  ])("reads everything anew when the caches don't show within 30 s what it wrote, which the server $title", async (next) => {
    await using s = await setting((widget) => (isParent(widget) && s?.passes.length === 1 ? doing(aChild("c")) : nothing), {}, []);
    s.events.send(added(aWidget("parent", 101)));
    const [request] = await requestsNow(s, 1);
    request!.answer(aWidget("c", 500));
    s.events.send(modified(aWidget("parent", 102)));
    await s.clock.advance(29_999);
    expect(s.passes).toEqual(["parent"]);
    await s.clock.advance(1);
    const [list] = await requestsNow(s, 1);
    expect(list!.query).toMatchObject({ watch: "true", sendInitialEvents: "true" });
    expect(s.passes).toEqual(["parent"]);
    expect(s.logged).toContainEqual(
      expect.objectContaining({
        level: "warn",
        fields: expect.objectContaining({ controller: "widget", key: "default/parent" }) as object,
      }),
    );
    list!.stream().send(...next.lists.map(added), initialEventsEnd(next.revision));
    await s.tasks.settle();
    expect(s.passes.slice(1).toSorted()).toEqual(next.decided.toSorted());
  });

  test("decides anew after a conflict, later each time, and calls it no error", async () => {
    await using s = await setting((widget) => doing(update(WidgetKind, widget)), {}, [aWidget("a", 1)]);
    const delays: number[] = [];
    for (let round = 0; round < 4; round++) {
      const [request] = await requestsNow(s, 1);
      request!.fail(conflict({ group: "test.kubets.dev", resource: "widgets" }, "a", objectModified));
      await s.tasks.settle();
      delays.push(s.clock.nextTimer()! - s.clock.now());
      await s.clock.advance(delays.at(-1)!);
    }
    expect(delays).toEqual([5, 10, 20, 40]);
    expect(s.logged.filter(({ level }) => level === "error" || level === "warn")).toEqual([]);
  });

  test("asks the controller what follows when the server refuses, and stops at the first refusal", async () => {
    const refusals: string[] = [];
    await using s = await setting(
      (widget) => doing(aChild("one"), aChild("two"), update(WidgetKind, widget)),
      {
        refused: (observed, action, error) => {
          refusals.push(`${action.verb}: ${error.reason}`);
          return doing(update(WidgetKind, { ...observed, spec: { size: 7 } }));
        },
      },
      [aWidget("parent", 1)],
    );
    const [first] = await requestsNow(s, 1);
    first!.fail(forbiddenTo({ group: "test.kubets.dev", resource: "widgets" }, "one", "exceeded quota"));
    const [instead] = await requestsNow(s, 1);
    expect({ refusals, request: described(instead!), body: instead!.body }).toMatchObject({
      refusals: ["create: Forbidden"],
      request: "PUT default/widgets/parent",
      body: { spec: { size: 7 } },
    });
  });

  test("carries out what follows a creation with what the server made of it, and says of that when it is refused", async () => {
    const refusals: string[] = [];
    const following = ({ metadata: { uid } }: Widget): Action =>
      update(WidgetKind, aWidget("parent", 1, { ownerReferences: [{ ...owner, uid }] }));
    await using s = await setting(
      () => doing(create(WidgetKind, aWidget("one", 0), following)),
      {
        refused: (_observed, action, error) => {
          refusals.push(`${action.verb}: ${error.reason}`);
          return nothing;
        },
      },
      [aWidget("parent", 1)],
    );
    const [creation] = await requestsNow(s, 1);
    creation!.answer(aWidget("one", 120, { uid: "given" }));
    const [follower] = await requestsNow(s, 1);
    expect({ request: described(follower!), body: follower!.body }).toMatchObject({
      request: "PUT default/widgets/parent",
      body: { metadata: { ownerReferences: [{ uid: "given" }] } },
    });
    follower!.fail(forbiddenTo({ group: "test.kubets.dev", resource: "widgets" }, "parent", "exceeded quota"));
    await s.tasks.settle();
    expect(refusals).toEqual(["update: Forbidden"]);
  });

  test("backs off when the controller has no answer to a refusal, as long as the server asks for", async () => {
    await using s = await setting(() => doing(aChild("one")), {}, [aWidget("parent", 1)]);
    const [first] = await requestsNow(s, 1);
    first!.fail(tooManyRequests("slow down", 9));
    await s.tasks.settle();
    expect(s.clock.nextTimer()! - s.clock.now()).toBe(9000);
    expect(
      s.logged.filter(({ level }) => level === "warn").map(({ sentence, fields }) => [sentence, fields["key"], fields["object"]]),
    ).toEqual([["Action failed", "default/parent", "default/one"]]);
  });

  test("lets go of what is to be created in a namespace that is being deleted", async () => {
    await using s = await setting(() => doing(aChild("one")), {}, [aWidget("parent", 1)]);
    const [first] = await requestsNow(s, 1);
    first!.fail(
      new StatusError(403, "Forbidden", "forbidden", {
        details: { causes: [{ reason: "NamespaceTerminating", field: "metadata.namespace" }] },
      }),
    );
    await s.clock.advance(60_000);
    expect(s.passes).toEqual(["parent"]);
    expect(s.logged).toEqual([]);
  });

  test.each([
    ["the same owner: it is taken as created", "uid-parent", []],
    ["another owner: the controller is asked", "uid-other", ["AlreadyExists"]],
  ])("a creation of what is there with %s", async (_, uid, asked) => {
    const refusals: string[] = [];
    const refused: WidgetController["refused"] = (_observed, _action, error) => {
      refusals.push(error.reason);
      return nothing;
    };
    await using s = await setting((widget) => (isParent(widget) ? doing(aChild("one")) : nothing), { refused }, [aWidget("parent", 1)]);
    const [creation] = await requestsNow(s, 1);
    creation!.fail(alreadyExists({ group: "test.kubets.dev", resource: "widgets" }, "one"));
    const [lookup] = await requestsNow(s, 1);
    expect(described(lookup!)).toBe("GET default/widgets/one");
    lookup!.answer(aWidget("one", 50, { ownerReferences: [{ ...owner, uid }] }));
    await s.tasks.settle();
    expect(refusals).toEqual(asked);
  });

  test("takes a deletion of what is gone as done", async () => {
    const child = aWidget("child", 2);
    await using s = await setting(
      (widget) => (isParent(widget) ? doing(deletion(WidgetKind, child), deletion(WidgetKind, aWidget("other", 3))) : nothing),
      {},
      [aWidget("parent", 1)],
    );
    const [first] = await requestsNow(s, 1);
    first!.fail(notFound({ group: "test.kubets.dev", resource: "widgets" }, "child"));
    const [second] = await requestsNow(s, 1);
    second!.fail(
      conflict(
        { group: "test.kubets.dev", resource: "widgets" },
        "other",
        "Precondition failed: UID in precondition: uid-other, UID in object meta: x",
      ),
    );
    await s.clock.advance(60_000);
    expect(s.passes).toEqual(["parent"]);
    expect(s.logged).toEqual([]);
  });

  test("remembers what a decision wrote before it was refused as well as what was done instead", async () => {
    await using s = await setting(
      (widget) => (isParent(widget) ? doing(aChild("one"), update(WidgetKind, widget)) : nothing),
      { refused: (observed) => doing(update(WidgetKind, { ...observed, spec: { size: 2 } })) },
      [aWidget("parent", 1)],
    );
    const [creation] = await requestsNow(s, 1);
    creation!.answer(aWidget("one", 130));
    const [refusal] = await requestsNow(s, 1);
    refusal!.fail(forbiddenTo({ group: "test.kubets.dev", resource: "widgets" }, "parent", "no"));
    const [instead] = await requestsNow(s, 1);
    instead!.answer(aWidget("parent", 120, { size: 2 }));
    s.events.send(modified(aWidget("parent", 120, { size: 2 })));
    await s.clock.advance(1_000);
    expect(s.passes).toEqual(["parent"]);
    s.events.send(added(aWidget("one", 130)));
    await s.tasks.settle();
    expect(s.passes).toContain("one");
    expect(s.passes.filter((name) => name === "parent")).toHaveLength(2);
  });

  test.each([
    ["gone", notFound({ group: "test.kubets.dev", resource: "widgets" }, "owner"), true],
    ["there again under another uid", aWidget("owner", 90, { uid: "another" }), true],
    ["still there", aWidget("owner", 90, { uid: "owner-1" }), false],
  ])("asks the server itself before it believes that something is gone, and goes on only when it is: %s", async (_, answer, goesOn) => {
    await using s = await setting(
      (widget) =>
        isParent(widget)
          ? doing(
              { verb: "confirmGone", kind: WidgetKind as never, namespace: "default", name: "owner", uid: "owner-1" },
              deletion(WidgetKind, widget),
            )
          : nothing,
      {},
      [aWidget("parent", 1)],
    );
    const [question] = await requestsNow(s, 1);
    expect(described(question!)).toBe("GET default/widgets/owner");
    if (answer instanceof StatusError) question!.fail(answer);
    else question!.answer(answer);
    await s.clock.advance(5);
    const [next] = await requestsNow(s, 1);
    expect(described(next!)).toBe(goesOn ? "DELETE default/widgets/parent" : "GET default/widgets/owner");
  });

  test("starts no controller when two want different indexes of one name", async () => {
    const world = createWorld();
    const server = createScriptedServer(world.tasks);
    const transport = createInProcessTransport({
      handle: server.handle,
      peer: { via: "in-process", user: { name: "test", groups: [] } },
      tasks: world.tasks,
    });
    const client = createClient(transport);
    const informers = createInformers({ client, ...world });
    const indexed = (name: string): Controller<Widget> => ({
      name,
      watches: [watch(WidgetKind, { indexes: { size: ({ spec }) => [String(spec.size)] } })],
      observe: () => undefined,
      reconcile: () => nothing,
    });
    expect(() =>
      runControllers({ controllers: [indexed("one"), indexed("two")], client, informers, metrics: unmeasured, ...world }),
    ).toThrow(/another index/);
    await informers.stop();
    await world.tasks.settle();
    expect(world.tasks.pending()).toEqual([]);
  });

  test("carries out neighbouring creations together: 1, 2, 4, 8, then 16 at once", async () => {
    const children = Array.from({ length: 60 }, (_, index) => aChild(`c${index}`));
    await using s = await setting((widget) => (isParent(widget) ? doing(...children) : nothing), {}, [aWidget("parent", 1)]);
    const atOnce: number[] = [];
    for (let created = 0; created < children.length;) {
      const batch = Math.min([1, 2, 4, 8, 16][Math.min(atOnce.length, 4)]!, children.length - created);
      const requests = await requestsNow(s, batch);
      atOnce.push(requests.length);
      for (const request of requests) request.answer(aWidget((request.body as Widget).metadata.name, 200 + created++));
      await s.tasks.settle();
    }
    expect(atOnce).toEqual([1, 2, 4, 8, 16, 16, 13]);
  });

  test("creates objects of another kind when those before them are there: a Pod may need its claims", async () => {
    const GadgetKind: typeof WidgetKind = { ...WidgetKind, kind: "Gadget", resource: "gadgets" };
    const gadget = create(GadgetKind, { metadata: { name: "g", namespace: "default" }, spec: { size: 1 } });
    await using s = await setting((widget) => (isParent(widget) ? doing(aChild("c0"), aChild("c1"), gadget, aChild("c2")) : nothing), {}, [
      aWidget("parent", 1),
    ]);
    const asked: string[] = [];
    let coming = s.server.next();
    for (let created = 0; created < 4; created++) {
      const request = await coming;
      let isMore = false;
      coming = s.server.next();
      void coming.then(() => (isMore = true));
      await s.tasks.settle();
      const { name } = (request.body as Widget).metadata;
      asked.push(isMore ? `${name} and more` : name);
      request.answer(aWidget(name, 200 + created));
    }
    await s.tasks.settle();
    expect(asked).toEqual(["c0", "c1", "g", "c2"]);
  });

  test("works on five keys at once, and never on one twice", async () => {
    await using s = await setting(
      (widget) => doing(update(WidgetKind, widget)),
      {},
      Array.from({ length: 8 }, (_, index) => aWidget(`w${index}`, index + 1)),
    );
    const requests = await requestsNow(s, 5);
    expect(requests.map(described)).toEqual([0, 1, 2, 3, 4].map((index) => `PUT default/widgets/w${index}`));
    s.events.send(modified(aWidget("w0", 101)));
    requests[1]!.answer(aWidget("w1", 2));
    const [next] = await requestsNow(s, 1);
    expect(described(next!)).toBe("PUT default/widgets/w5");
  });

  test("looks again when asked to, and when the resync period is over", async () => {
    await using s = await setting(
      ({ metadata }) => (metadata.name === "a" ? { actions: [], requeueAfter: 1_000 } : nothing),
      { resyncPeriod: 10_000 },
      [aWidget("a", 1), aWidget("b", 2)],
    );
    await s.clock.advance(3_000);
    expect(s.passes).toEqual(["a", "b", "a", "a", "a"]);
    await s.clock.advance(7_000);
    expect(s.passes.filter((key) => key === "b")).toHaveLength(2);
  });

  test("a controller that throws is logged once with its key, backs off, and hurts no other key", async () => {
    await using s = await setting(
      ({ metadata }) => {
        if (metadata.name === "bad") throw new Error("unforeseen");
        return nothing;
      },
      {},
      [aWidget("bad", 1), aWidget("good", 2)],
    );
    await s.clock.advance(5 + 10 + 20);
    expect(s.passes).toEqual(["bad", "good", "bad", "bad", "bad"]);
    const errors = s.logged
      .filter(({ level }) => level === "error")
      .map(({ sentence, fields }) => ({ sentence, key: fields["key"], controller: fields["controller"] }));
    expect(errors).toEqual([{ sentence: "Controller failed", key: "default/bad", controller: "widget" }]);
  });

  test("sends with every write who decided it, because of what, in which trace, and as which field manager", async () => {
    await using s = await setting((widget) => (isParent(widget) ? { ...doing(aChild("c")), requeueAfter: 1000 } : nothing), {}, [
      aWidget("parent", 1),
    ]);
    const [byChange] = await requestsNow(s, 1);
    expect(byChange!.request.headers).toMatchObject({
      "kubets-cause": "actor=widget;revision=1;object=widgets/default/parent",
      traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/) as string,
    });
    expect(byChange!.query).toMatchObject({ fieldManager: "kube-controller-manager" });
    byChange!.answer(aWidget("c", 60));
    await s.clock.advance(1000);
    const [byTimer] = await requestsNow(s, 1);
    expect(byTimer!.request.headers["kubets-cause"]).toBe("actor=widget;timer=requeue");
  });

  test("stopped, takes up nothing more and aborts what is under way", async () => {
    const s = await setting((widget) => doing(update(WidgetKind, widget)), {}, [aWidget("a", 1)]);
    const [request] = await requestsNow(s, 1);
    await s[Symbol.asyncDispose]();
    expect(request!.signal.aborted).toBe(true);
    expect(s.clock.nextTimer()).toBeUndefined();
  });
});
