import { declare, global, method, type CallCosts, type Library } from "../declarations.ts";
import { failure } from "../errors.ts";
import { sizeOf, traversal } from "../runtime-costs.ts";
import { traverse } from "../standard-estimates.ts";
import { boolType, listType, mapType, opaqueType, stringType } from "../types.ts";
import { CelArray, CelEntries, CelOpaque } from "../values.ts";
import { parseUrl, queryOf, type Url } from "../url.ts";

export const urlType: CelOpaque["type"] = opaqueType("kubernetes.URL");

export class CelUrl extends CelOpaque {
  override readonly type: CelOpaque["type"] = urlType;
  readonly text: string;
  readonly url: Url;

  constructor(text: string, url: Url) {
    super();
    this.text = text;
    this.url = url;
  }

  override equals(other: CelOpaque): boolean {
    return other instanceof CelUrl && this.text === other.text;
  }
}

const parsing: CallCosts = {
  actual: ([text]) => traversal(sizeOf(text!)),
  estimate: (_, [text]) => ({ cost: traverse(text!.size), size: text!.size }),
};

/** `url('https://example.com:80/path?q=1').getPort()` and its like; `isURL(x)`. */
export const urlLibrary: Library = {
  types: { "kubernetes.URL": urlType },
  functions: [
    declare("url", global("string_to_url", [stringType], urlType, toUrl, parsing)),
    declare(
      "isURL",
      global("is_url_string", [stringType], boolType, (text: string) => typeof parseUrl(text) !== "string"),
    ),
    part("getScheme", "url_get_scheme", ({ scheme }) => scheme),
    part("getHost", "url_get_host", ({ host }) => host),
    part("getHostname", "url_get_hostname", ({ hostname }) => hostname),
    part("getPort", "url_get_port", ({ port }) => port),
    part("getEscapedPath", "url_get_escaped_path", ({ escapedPath }) => escapedPath),
    declare(
      "getQuery",
      method("url_get_query", [urlType], mapType(stringType, listType(stringType)), ({ url }: CelUrl) =>
        CelEntries.of([...queryOf(url)].map(([name, values]) => [name, new CelArray([...values])])),
      ),
    ),
  ],
};

function part(name: string, id: string, of: (url: Url) => string): Library["functions"][number] {
  return declare(
    name,
    method(id, [urlType], stringType, ({ url }: CelUrl) => of(url)),
  );
}

function toUrl(text: string): CelUrl {
  const url = parseUrl(text);
  if (typeof url === "string") throw failure(`URL parse error during conversion from string: ${url}`);
  return new CelUrl(text, url);
}
