import type { Following, Kind, KubernetesObject, Logger, Task } from "@kubets/machinery";
import type { Informer } from "./informer.ts";
import type { InformersOptions, Selection } from "./informers.ts";
import { KindInformer } from "./kind-informer.ts";
import { reflect } from "./reflector.ts";

/**
 * An informer that follows its server: in the server's own process without a request where that is offered, by lists and watches everywhere else,
 * and from where the following ended.
 */
export class StartedInformer<T extends KubernetesObject = KubernetesObject> {
  readonly informer: Informer<T>;
  /** Resolves when nothing is under way any more. */
  readonly ended: Promise<void>;
  readonly #kind: Kind<T>;
  readonly #selection: Selection;
  readonly #options: InformersOptions;
  readonly #logger: Logger;
  readonly #cache: KindInformer<T>;
  #following: Following | undefined;
  #requests: AbortController | undefined;
  #end: { readonly reason: Error } | undefined;

  constructor(kind: Kind<T>, selection: Selection, options: InformersOptions) {
    this.#kind = kind;
    this.#selection = selection;
    this.#options = options;
    const { fieldSelector, namespace } = selection;
    this.#logger = options.logger.with({
      resource: kind.resource,
      ...(namespace === undefined ? {} : { namespace }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
    });
    this.#cache = new KindInformer(kind, this.#logger);
    this.informer = this.#cache;
    this.ended = options.tasks.run("informer", (task) => this.#run(task));
  }

  end(reason: Error): void {
    this.#end ??= { reason };
    this.#following?.stop();
    this.#requests?.abort(reason);
  }

  async #run(task: Task): Promise<void> {
    try {
      const reached = await this.#follow(task);
      if (this.#end === undefined) await this.#reflect(task, reached);
    } finally {
      this.#cache.stopped(this.#end?.reason);
    }
  }

  /** Resolves when the following has ended: with the revision up to which everything came, `undefined` where everything is to be listed. */
  async #follow(task: Task): Promise<string | undefined> {
    const { fieldSelector, namespace } = this.#selection;
    const { client } = this.#options;
    if (fieldSelector !== undefined || client.transport.follow === undefined) return undefined;
    const { group, version, resource } = this.#kind;
    const what = { group, version, resource, ...(namespace === undefined ? {} : { namespace }) };
    this.#following = client.transport.follow(what, this.#cache);
    try {
      return (await task.idle(this.#following.ended)) ? String(this.#cache.revision) : undefined;
    } catch (error) {
      this.#logger.warn("Following failed: listing and watching instead", { error });
      return undefined;
    } finally {
      this.#following.stop();
    }
  }

  #reflect(task: Task, from: string | undefined): Promise<void> {
    const { fieldSelector, namespace } = this.#selection;
    const { client, clock, random } = this.#options;
    const resource = client.resource(this.#kind);
    this.#requests = new AbortController();
    return reflect({
      resource: namespace === undefined ? resource : resource.in(namespace),
      fieldSelector,
      from,
      isInProcess: client.transport.sharesObjects === true,
      reflection: this.#cache,
      clock,
      random,
      logger: this.#logger,
      task,
      signal: this.#requests.signal,
      doubt: () => this.#cache.doubt(),
    });
  }
}
