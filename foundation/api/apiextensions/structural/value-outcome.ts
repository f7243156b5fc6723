import type { FieldError } from "@kubets/machinery";

/** What came of holding a value against a schema. */
export class Outcome {
  errors: FieldError[] = [];
  /** How many things were looked at: of several schemas that a value doesn't keep, the one with most is what was meant. */
  matches = 0;

  get isValid(): boolean {
    return this.errors.length === 0;
  }

  add(error: FieldError | undefined): void {
    if (error !== undefined) this.errors.push(error);
  }

  merge(other: Outcome): void {
    for (const error of other.errors) this.errors.push(error);
    this.matches += other.matches;
  }
}
