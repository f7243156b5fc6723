import { type FieldError, forbidden, invalid, type Steps } from "@kubets/machinery";
import { type CelProgram, type CelType, mostOccurrences } from "@kubets/machinery/cel";
import type { JSONSchemaProps } from "./json-schema-props.ts";
import { type CompiledRule, type RuleNode, rulesOf } from "./structural/index.ts";

/** What one rule may be estimated to cost, however often it may have to be asked for one object. */
const mostPerRule = 10_000_000;
/** What all rules of a version may be estimated to cost together. */
const mostPerSchema = 100_000_000;

/** Compiling an expression and estimating its cost is like looking at so many schemas. */
const piecesPerRule = 50;

export interface RuleCostOptions {
  /** The schema is as it was before: what a rule of it costs by itself was decided then. */
  readonly isUnchanged: boolean;
}

/** What is wrong with the expressions of a schema: those that can't be compiled, and those that could cost too much. */
export function* validateRuleExpressions(schema: JSONSchemaProps, path: string, options: RuleCostOptions): Steps<readonly FieldError[]> {
  const root = rulesOf(schema, { isRoot: true });
  if (root === undefined) return [];
  const estimate = new Estimate(options);
  yield* estimate.visit(root, { path, occurrences: 1, uncorrelatable: undefined });
  return [...estimate.errors, ...estimate.total(path)];
}

interface Place {
  readonly path: string;
  /** How often values of the schema can be in one object; `undefined` when nothing bounds it. */
  readonly occurrences: number | undefined;
  /** The nearest list around it whose items can't be followed from one revision to the next. */
  readonly uncorrelatable: string | undefined;
}

class Estimate {
  readonly errors: FieldError[] = [];
  readonly #options: RuleCostOptions;
  #sum = 0;
  #expensive: { readonly path: string; readonly cost: number }[] = [];

  constructor(options: RuleCostOptions) {
    this.#options = options;
  }

  *visit(node: RuleNode, place: Place): Steps<void> {
    const { schema } = node;
    // The inner schemas first, as upstream lists what is wrong.
    const { properties = {}, additionalProperties } = schema;
    const occurrences = place.occurrences === undefined ? undefined : times(place.occurrences, elementsOf(schema));
    if (typeof additionalProperties === "object")
      yield* this.#visitInner(node.field("*"), { ...place, occurrences, path: `${place.path}.additionalProperties` });
    for (const name of Object.keys(properties))
      yield* this.#visitInner(node.field(name), { ...place, occurrences, path: `${place.path}.properties[${name}]` });
    const isFollowed = schema["x-kubernetes-list-type"] === "map";
    yield* this.#visitInner(node.items, {
      path: `${place.path}.items`,
      occurrences,
      uncorrelatable: place.uncorrelatable ?? (isFollowed ? undefined : place.path),
    });
    const { type } = node;
    if (type === undefined) return;
    for (const [index, rule] of node.rules.entries()) {
      this.#judge(rule, type, { ...place, path: `${place.path}.x-kubernetes-validations[${index}]` });
      yield piecesPerRule;
    }
  }

  total(path: string): readonly FieldError[] {
    if (this.#sum <= mostPerSchema) return [];
    return [
      ...this.#expensive.map((each) =>
        forbidden(each.path, "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema"),
      ),
      forbidden(path, tooMuch("x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema", this.#sum, mostPerSchema)),
    ];
  }

  *#visitInner(node: RuleNode | undefined, place: Place): Steps<void> {
    yield 1;
    if (node !== undefined) yield* this.visit(node, place);
  }

  #judge(compiled: CompiledRule, type: CelType, place: Place): void {
    const { rule, program, messageProgram, problem, messageProblem, usesOldSelf } = compiled;
    const { path } = place;
    if (program !== undefined) {
      const cost = times(costOf(program, type), place.occurrences ?? mostOccurrences(type)) ?? 0;
      this.#observe(`${path}.rule`, "estimated rule cost", cost);
    }
    if (problem !== undefined) this.errors.push(invalid(`${path}.rule`, rule, problem));
    if (messageProblem !== undefined) this.errors.push(invalid(`${path}.messageExpression`, rule, messageProblem));
    else if (messageProgram !== undefined)
      this.#observe(`${path}.messageExpression`, "estimated messageExpression cost", costOf(messageProgram, type));
    if (usesOldSelf && place.uncorrelatable !== undefined) {
      const cannot = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${place.uncorrelatable}`;
      this.errors.push(invalid(`${path}.rule`, rule.rule, cannot));
    }
    if (!usesOldSelf && rule.optionalOldSelf !== undefined && problem === undefined)
      this.errors.push(invalid(`${path}.optionalOldSelf`, rule.optionalOldSelf, "may not be set if oldSelf is not used in rule"));
  }

  #observe(path: string, what: string, cost: number): void {
    if (!this.#options.isUnchanged && cost > mostPerRule) this.errors.push(forbidden(path, tooMuch(what, cost, mostPerRule)));
    this.#sum += cost;
    if (cost < mostPerSchema / 100) return;
    this.#expensive = [...this.#expensive, { path, cost }].sort((a, b) => b.cost - a.cost).slice(0, 4);
  }
}

function costOf(program: CelProgram, type: CelType): number {
  return program.estimateCost({ self: type, oldSelf: type }).max;
}

const unbounded = 2 ** 64 - 1;

function times(a: number, b: number | undefined): number | undefined {
  return b === undefined ? undefined : Math.min(a * b, unbounded);
}

/** How many values of the schemas within there can be for one of the schema; `undefined` when nothing bounds it. */
function elementsOf({ type, additionalProperties, maxProperties, maxItems }: JSONSchemaProps): number | undefined {
  if (type === "array") return maxItems === undefined ? undefined : Math.max(0, maxItems);
  if (type !== "object" || additionalProperties === undefined) return 1;
  return maxProperties === undefined ? undefined : Math.max(0, maxProperties);
}

function tooMuch(what: string, cost: number, limit: number): string {
  const factor = cost / limit;
  const times = factor > 100 ? "more than 100x" : factor < 1.5 ? `${factor.toFixed(6)}x` : `${factor.toFixed(1)}x`;
  const hint = "(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)";
  return `${what} exceeds budget by factor of ${times} ${hint}`;
}
