/** What of an OpenAPI v2 document is compared: everything but words for people. */
export interface SwaggerDocument {
  readonly definitions: Readonly<Record<string, unknown>>;
  readonly paths: Readonly<Record<string, unknown>>;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/**
 * In what two documents differ in their stable and beta versions, told once for each sort of difference. Parameters are compared by what they
 * are, wherever they stand; definitions and paths of a group that isn't served are left out.
 */
export function differencesBetween(ours: SwaggerDocument, upstream: SwaggerDocument): readonly string[] {
  const found: Difference[] = [];
  const isServed = (name: string): boolean => !name.includes("apiextensions") || name in ours.definitions || name in ours.paths;
  for (const name of namesOf(ours.definitions, upstream.definitions).filter(isServed)) {
    compare(plain(ours.definitions[name]), plain(upstream.definitions[name]), { thing: name, at: "", found });
  }
  const onlyAlpha = alphaGroups(upstream);
  for (const path of namesOf(ours.paths, upstream.paths).filter((each) => isServed(each) && !onlyAlpha.has(each))) {
    compare(plainPath(ours, path), plainPath(upstream, path), { thing: path, at: "", found });
  }
  return folded(found);
}

const missing = "is missing";

interface Difference {
  readonly thing: string;
  readonly told: string;
}

const alpha = /(^|[./])v\d+alpha\d+([./]|$)/;

function namesOf(...documents: readonly Readonly<Record<string, unknown>>[]): readonly string[] {
  return [...new Set(documents.flatMap((each) => Object.keys(each)))].filter((name) => !alpha.test(name)).toSorted();
}

/** The paths of groups that have alpha versions and no others. */
function alphaGroups({ paths }: SwaggerDocument): ReadonlySet<string> {
  const groups = Map.groupBy(Object.keys(paths), (path) => /^\/apis\/[^/]+\//.exec(path)?.[0] ?? "");
  return new Set([...groups].filter(([group, all]) => all.every((path) => path === group || alpha.test(path))).map(([group]) => group));
}

type Plain = Readonly<Record<string, unknown>>;

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([name, inner]) => name !== "description" || typeof inner !== "string");
  return Object.fromEntries(
    entries.map(([name, inner]) => [name, name === "required" && Array.isArray(inner) ? inner.map(String).toSorted() : plain(inner)]),
  );
}

const methods: ReadonlySet<string> = new Set(["delete", "get", "head", "options", "patch", "post", "put"]);

/** Parameters of the path stand with each operation, by place and name. */
function plainPath({ paths, parameters }: SwaggerDocument, path: string): unknown {
  const item = paths[path] as Plain | undefined;
  if (item === undefined) return undefined;
  const resolved = (list: unknown): Plain =>
    Object.fromEntries(
      ((list ?? []) as readonly Plain[]).map((each) => {
        const reference = each["$ref"];
        const parameter = (typeof reference === "string" ? parameters[reference.split("/").at(-1) ?? ""] : each) as Plain;
        return [`${String(parameter["in"])} ${String(parameter["name"])}`, plain(parameter)];
      }),
    );
  const shared = resolved(item["parameters"]);
  return Object.fromEntries(
    Object.entries(item)
      .filter(([method]) => methods.has(method))
      .map(([method, operation]) => [
        method,
        { ...(plain(operation) as Plain), parameters: { ...shared, ...resolved((operation as Plain)["parameters"]) } },
      ]),
  );
}

interface Place {
  readonly thing: string;
  readonly at: string;
  readonly found: Difference[];
}

function compare(ours: unknown, upstream: unknown, place: Place): void {
  const [here, there] = [JSON.stringify(ours), JSON.stringify(upstream)];
  if (here === there) return;
  if (isObject(ours) && isObject(upstream)) {
    for (const name of new Set([...Object.keys(ours), ...Object.keys(upstream)])) {
      compare(ours[name], upstream[name], { ...place, at: place.at === "" ? name : `${place.at}.${name}` });
    }
    return;
  }
  const told = place.at === "" ? "" : `${place.at}: `;
  if (Array.isArray(ours) && Array.isArray(upstream)) {
    const less = upstream.filter((item) => !ours.some((each) => JSON.stringify(each) === JSON.stringify(item)));
    const more = ours.filter((item) => !upstream.some((each) => JSON.stringify(each) === JSON.stringify(item)));
    place.found.push({ thing: place.thing, told: `${told}missing ${JSON.stringify(less)}, more ${JSON.stringify(more)}` });
    return;
  }
  if (here === undefined && place.at === "") place.found.push({ thing: place.thing, told: missing });
  else place.found.push({ thing: place.thing, told: `${told}${short(here)} instead of ${short(there)}` });
}

function isObject(value: unknown): value is Plain {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function short(text: string | undefined): string {
  if (text === undefined) return "nothing";
  return text.length > 100 ? "something" : text;
}

function folded(found: readonly Difference[]): readonly string[] {
  const things = new Map<string, string[]>();
  for (const { thing, told } of found) {
    const same = things.get(told);
    if (same === undefined) things.set(told, [thing]);
    else same.push(thing);
  }
  const lines = [...things].flatMap(([told, where]) => {
    if (told === missing) return where.map((thing) => `${thing} ${missing}`);
    return [where.length > 3 ? `in many places: ${told}` : `${where.join(", ")}: ${told}`];
  });
  return lines.toSorted();
}
