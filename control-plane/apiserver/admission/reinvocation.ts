import { type KubernetesObject, sameJson } from "@kubets/machinery";
import type { MutationRound } from "../contracts.ts";

/**
 * Which steps of a plugin (webhooks, policies) are taken once more in the second round of a request: those that ask for it, when something
 * changed the object after them.
 */
export class Reinvocation {
  readonly #round: MutationRound;
  /** Steps that were taken and ask for it. */
  readonly #taken = new Set<string>();
  /** Of those, the ones after which something changed the object. */
  readonly #again = new Set<string>();
  #left: KubernetesObject | undefined;

  private constructor(round: MutationRound) {
    this.#round = round;
  }

  /** Begins a round of a plugin with the object that it is given. */
  static begin(round: MutationRound, plugin: string, object: KubernetesObject): Reinvocation {
    const reinvocation = round.memory(plugin, () => new Reinvocation(round));
    // Others changed the object since this plugin left it.
    if (round.isSecond && reinvocation.#left !== undefined && !sameJson(reinvocation.#left, object)) reinvocation.#takeAgain();
    return reinvocation;
  }

  skips(step: string): boolean {
    return this.#round.isSecond && !this.#again.has(step);
  }

  /** A step was taken, which asks to be taken again or not. */
  took(step: string, { changed, asksAgain }: { readonly changed: boolean; readonly asksAgain: boolean }): void {
    if (changed) {
      this.#takeAgain();
      this.#round.requireSecond();
    }
    if (asksAgain) this.#taken.add(step);
  }

  /** The plugin is done with the object for this round. */
  end(object: KubernetesObject): KubernetesObject {
    this.#left = object;
    return object;
  }

  #takeAgain(): void {
    for (const step of this.#taken) this.#again.add(step);
    this.#taken.clear();
  }
}
