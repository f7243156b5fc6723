import { type FieldError, invalid, regularExpression, required, sameJson, tooLong, tooMany } from "@kubets/machinery";
import type { JSONSchemaProps } from "../json-schema-props.ts";
import { Correlated } from "./correlation.ts";
import { formatCheck, isKnownFormat } from "./formats.ts";
import { isObject, itemsOf, type JsonObject } from "./schema-forms.ts";
import { validateNumber } from "./validate-number.ts";
import { Outcome } from "./value-outcome.ts";

/**
 * What a schema finds wrong with a value, in the words of upstream's validator.
 *
 * `previous` is the value before an update: what didn't change isn't complained about. `root` is the field that the value is of, which the
 * messages leave out (`status` when only that is looked at).
 *
 * @example
 * validateValue({ type: "object", properties: { replicas: { type: "integer" } } }, { replicas: "2" });
 * // => replicas: Invalid value: "string": replicas in body must be of type integer: "string"
 */
export function validateValue(
  schema: JSONSchemaProps,
  value: unknown,
  { previous, root = "" }: { readonly previous?: { readonly value: unknown }; readonly root?: string } = {},
): readonly FieldError[] {
  const correlated = previous === undefined ? undefined : new Correlated(previous.value, value);
  return check(schema, value, { path: "", root, correlated }).errors;
}

interface Place {
  /** As the messages have it. */
  readonly path: string;
  readonly root: string;
  readonly correlated: Correlated | undefined;
}

function check(schema: JSONSchemaProps, value: unknown, place: Place): Outcome {
  const outcome = checkAll(schema, value, place);
  if (!outcome.isValid && place.correlated?.isUnchanged === true) outcome.errors = [];
  return outcome;
}

function checkAll(schema: JSONSchemaProps, value: unknown, place: Place): Outcome {
  const outcome = new Outcome();
  const typeProblem = checkType(schema, value, place);
  outcome.add(typeProblem);
  outcome.matches++;
  if (value === null) {
    outcome.add(checkEnum(schema, value, place));
    return outcome;
  }
  checkJunctors(schema, value, place, outcome);
  if (typeof value === "string") {
    outcome.add(checkText(schema, value, place));
    outcome.add(checkFormat(schema, value, place));
  } else if (typeof value === "number") {
    for (const error of validateNumber(schema, value, at(place), place.path)) outcome.add(error);
    outcome.matches++;
  } else if (Array.isArray(value)) checkList(schema, value, place, outcome);
  outcome.add(checkEnum(schema, value, place));
  if (isObject(value)) checkObject(schema, value, place, outcome);
  outcome.matches += 2;
  return outcome;
}

/** The field of a place. Upstream's word for the whole object is that of a missing path. */
function at({ path, root }: Place): string {
  const field = path.startsWith(".") ? path.slice(1) : path;
  if (field === "") return root === "" ? "<nil>" : root;
  return root === "" ? field : `${root}.${field}`;
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

const typesOf = (schema: JSONSchemaProps): readonly string[] => {
  if (schema["x-kubernetes-int-or-string"] === true) return ["integer", "string"];
  return schema.type === undefined || schema.type === "" ? [] : [schema.type];
};

function checkType(schema: JSONSchemaProps, value: unknown, place: Place): FieldError | undefined {
  const types = typesOf(schema);
  const actual = typeOf(value);
  if (value === null) return types.length === 0 || schema.nullable === true ? undefined : wrongType(place, types.join(","), actual);
  const format = formatOf(schema, types);
  if (types.length === 0 && format === "") return undefined;
  const fits = types.includes(actual) || (actual === "integer" && types.includes("number"));
  const isNumeric = types.includes("number") || types.includes("integer");
  // A form says enough of texts and lists; for other values it is the type that they lack.
  if (format !== "" && (typeof value === "string" || Array.isArray(value))) {
    if (!isNumeric) return undefined;
  } else if (format !== "" && !fits) return wrongType(place, format, actual === "integer" ? "int64" : actual === "number" ? "float64" : "");
  return fits ? undefined : wrongType(place, types.join(","), actual);
}

function formatOf({ format = "", type = "" }: JSONSchemaProps, types: readonly string[]): string {
  return format !== "" && isKnownFormat(types.length === 1 ? type : "", format) ? format : "";
}

function wrongType(place: Place, wanted: string, actual: string): FieldError {
  const detail = `${place.path} in body must be of type ${wanted}: ${JSON.stringify(actual)}`;
  return { type: "FieldValueTypeInvalid", field: at(place), value: actual, detail };
}

function checkText({ maxLength, minLength, pattern = "" }: JSONSchemaProps, value: string, place: Place): FieldError | undefined {
  if (maxLength !== undefined && value.length > maxLength && charactersIn(value) > maxLength) return tooLong(at(place), maxLength);
  if (minLength !== undefined && charactersIn(value) < minLength)
    return invalid(at(place), value, `${place.path} in body should be at least ${minLength} chars long`);
  if (pattern === "") return undefined;
  const expression = regularExpression(pattern);
  if ("problem" in expression) {
    return invalid(at(place), value, `${place.path} in body should match '${pattern}, but pattern is invalid: ${expression.problem}'`);
  }
  return expression.test(value) ? undefined : invalid(at(place), value, `${place.path} in body should match '${pattern}'`);
}

function charactersIn(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

function checkFormat(schema: JSONSchemaProps, value: string, place: Place): FieldError | undefined {
  const format = formatOf(schema, typesOf(schema));
  const fits = format === "" ? undefined : formatCheck(format);
  if (fits === undefined || fits(value)) return undefined;
  const detail = `${place.path} in body must be of type ${format}: ${JSON.stringify(value)}`;
  return { type: "FieldValueTypeInvalid", field: at(place), value, detail };
}

const enumTexts = new WeakMap<readonly unknown[], ReadonlySet<unknown>>();

function checkEnum({ enum: values }: JSONSchemaProps, value: unknown, place: Place): FieldError | undefined {
  if (values === undefined || values.length === 0) return undefined;
  let texts = enumTexts.get(values);
  if (texts === undefined) enumTexts.set(values, (texts = new Set(values.filter((each) => typeof each !== "object" || each === null))));
  if (texts.has(value)) return undefined;
  if (typeof value === "object" && value !== null && values.some((each) => sameJson(each, value))) return undefined;
  const supported = values.map((each) => JSON.stringify(typeof each === "string" ? each : JSON.stringify(each)));
  return { type: "FieldValueNotSupported", field: at(place), value, detail: `supported values: ${supported.join(", ")}` };
}

function checkList(schema: JSONSchemaProps, value: readonly unknown[], place: Place, outcome: Outcome): void {
  const items = itemsOf(schema);
  const { minItems, maxItems } = schema;
  if (items !== undefined) {
    for (const [index, item] of value.entries()) {
      const correlated = place.correlated?.item(schema, item);
      outcome.merge(check(items, item, { path: `${place.path}[${index}]`, root: place.root, correlated }));
    }
  }
  if (minItems !== undefined && value.length < minItems)
    outcome.add(invalid(at(place), value, `${place.path} in body should have at least ${minItems} items`));
  if (maxItems !== undefined && value.length > maxItems) outcome.add(tooMany(at(place), value.length, maxItems));
  outcome.matches++;
}

function checkObject(schema: JSONSchemaProps, value: JsonObject, place: Place, outcome: Outcome): void {
  const { minProperties, maxProperties, additionalProperties, properties = {}, required: needed = [] } = schema;
  const names = Object.keys(value);
  if (minProperties !== undefined && names.length < minProperties)
    outcome.add(invalid(at(place), value, `${place.path} in body should have at least ${minProperties} properties`));
  if (maxProperties !== undefined && names.length > maxProperties) outcome.add(tooMany(at(place), names.length, maxProperties));
  for (const name of names) {
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
    const inner = known ?? (isObject(additionalProperties) ? additionalProperties : undefined);
    if (inner === undefined) {
      if (additionalProperties === false) outcome.add(invalid(at(place), "", `${place.path}.${name} in body is a forbidden property`));
      continue;
    }
    // The version of an object is that of the request, before and now.
    const isType = place.path === "" && (name === "kind" || name === "apiVersion");
    const correlated = isType ? undefined : place.correlated?.field(name, value[name]);
    const path = place.path === "" && known !== undefined ? name : `${place.path}.${name}`;
    outcome.merge(check(inner, value[name], { path, root: place.root, correlated }));
  }
  for (const name of needed) if (!Object.hasOwn(value, name)) outcome.add(required(at({ ...place, path: `${place.path}.${name}` })));
}

function checkJunctors(schema: JSONSchemaProps, value: unknown, place: Place, outcome: Outcome): void {
  const { anyOf = [], oneOf = [], allOf = [], not } = schema;
  const complain = (text: string): void => outcome.add(invalid("<nil>", "", `${JSON.stringify(place.path)} ${text}`));
  // A junctor's schemas look at the same value: whether it changed is asked for where the junctor stands.
  const own: Place = { path: place.path, root: place.root, correlated: undefined };
  const looks = (schemas: readonly JSONSchemaProps[]): readonly Outcome[] => schemas.map((each) => checkAll(each, value, own));
  if (anyOf.length > 0) {
    const outcomes = looks(anyOf);
    const valid = outcomes.find(({ isValid }) => isValid);
    if (valid === undefined) complain("must validate at least one schema (anyOf)");
    outcome.merge(valid ?? best(outcomes));
  }
  if (oneOf.length > 0) {
    const outcomes = looks(oneOf);
    const valid = outcomes.filter(({ isValid }) => isValid);
    if (valid.length === 0) {
      complain("must validate one and only one schema (oneOf). Found none valid");
      outcome.merge(best(outcomes));
    } else if (valid.length > 1) complain(`must validate one and only one schema (oneOf). Found ${valid.length} valid alternatives`);
    else outcome.merge(valid[0]!);
  }
  if (allOf.length > 0) {
    const outcomes = looks(allOf);
    for (const each of outcomes) outcome.merge(each);
    const valid = outcomes.filter(({ isValid }) => isValid).length;
    if (valid < outcomes.length) complain(`must validate all the schemas (allOf)${valid === 0 ? ". None validated" : ""}`);
  }
  if (not !== undefined && checkAll(not, value, own).isValid) complain("must not validate the schema (not)");
  outcome.matches++;
}

function best(outcomes: readonly Outcome[]): Outcome {
  return outcomes.reduce((most, each) => (each.matches > most.matches ? each : most));
}
