/** One media range of an `Accept` header, such as `application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList;q=0.9`. */
export interface MediaRange {
  /** In lower case; may end in a star that stands for any subtype. */
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly quality: number;
}

/** The ranges of an `Accept` header, most wanted first; among equals in the order in which they were given. Nothing given: anything. */
export function acceptedRanges(accept: string | undefined): readonly MediaRange[] {
  if (accept === undefined || accept.trim() === "") return [{ type: "*/*", parameters: {}, quality: 1 }];
  return accept
    .split(",")
    .map(parseRange)
    .filter(({ quality }) => quality > 0)
    .toSorted((a, b) => b.quality - a.quality);
}

function parseRange(text: string): MediaRange {
  const [type = "", ...rest] = text.split(";").map((part) => part.trim());
  const parameters: Record<string, string> = {};
  let quality = 1;
  for (const parameter of rest) {
    const equals = parameter.indexOf("=");
    if (equals < 0) continue;
    const name = parameter.slice(0, equals).trim();
    const value = parameter
      .slice(equals + 1)
      .trim()
      .replace(/^"(.*)"$/, "$1");
    if (name === "q") quality = Number.isNaN(Number(value)) ? 1 : Number(value);
    else parameters[name] = value;
  }
  return { type: type.toLowerCase(), parameters, quality };
}

/** Whether a range admits a media type, whatever the parameters. */
export function admits({ type }: MediaRange, mediaType: string): boolean {
  return type === mediaType || type === "*/*" || (type.endsWith("/*") && mediaType.startsWith(type.slice(0, -1)));
}
