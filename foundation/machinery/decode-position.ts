import { shortened } from "./field-errors.ts";
import { goTypeOf, jsonTypeOf } from "./go-types.ts";
import type { SchemaNode } from "./schema.ts";
import { badRequest, type StatusError } from "./status-error.ts";

/** How many unknown fields are named at most. */
const mostNamed = 100;

/** A step into a map, which upstream's complaints about types leave out. */
interface MapStep {
  readonly key: string;
}

/** Where in a value the decoder is. Kept in place, because it moves with every field of every object. */
export class DecodePosition {
  readonly unknownFields: string[] = [];
  readonly #maxDepth: number;
  readonly #path: (string | number | MapStep | undefined)[] = [];
  #depth = 0;
  #struct = "";

  constructor(maxDepth: number) {
    this.#maxDepth = maxDepth;
  }

  /** Goes into an object; the answer is what {@link leave} wants. */
  enter(struct: string): string {
    const outer = this.#down();
    this.#struct = struct;
    return outer;
  }

  enterMap(): string {
    return this.#down();
  }

  enterList(): string {
    return this.#down();
  }

  leave(outer: string): void {
    this.#depth--;
    this.#struct = outer;
  }

  /** The field at hand of the object that was entered last. */
  set step(name: string) {
    this.#path[this.#depth - 1] = name;
  }

  set key(key: string) {
    this.#path[this.#depth - 1] = { key };
  }

  set index(index: number) {
    this.#path[this.#depth - 1] = index;
  }

  unknownField(name: string): void {
    if (this.unknownFields.length >= mostNamed) return;
    this.step = name;
    this.unknownFields.push(`unknown field ${JSON.stringify(this.#strictPath())}`);
  }

  /** The error for a value that is not of the type at hand. */
  mismatch(value: unknown, node: SchemaNode): StatusError {
    const what = typeof value === "number" && node.type === "integer" ? `number ${value}` : jsonTypeOf(value);
    const names = this.#path.slice(0, this.#depth).filter((step) => typeof step === "string");
    const where = names.length === 0 ? "value" : `struct field ${this.#struct}.${names.join(".")}`;
    return badRequest(`json: cannot unmarshal ${what} into Go ${where} of type ${goTypeOf(node)}`);
  }

  #down(): string {
    if (this.#depth >= this.#maxDepth) throw badRequest("exceeded max depth");
    this.#path[this.#depth++] = undefined;
    return this.#struct;
  }

  /** With list indexes and map keys, as field validation has it. */
  #strictPath(): string {
    let text = "";
    for (const step of this.#path.slice(0, this.#depth)) {
      if (step === undefined) continue;
      if (typeof step === "number") text += `[${step}]`;
      else text += `${text === "" ? "" : "."}${shortened(typeof step === "string" ? step : step.key)}`;
    }
    return text;
  }
}
