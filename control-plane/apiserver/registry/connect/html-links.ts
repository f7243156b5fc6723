/** The attributes that hold a URL, by element. */
const linkAttributes: Readonly<Record<string, readonly string[]>> = {
  a: ["href"],
  applet: ["codebase"],
  area: ["href"],
  audio: ["src"],
  base: ["href"],
  blockquote: ["cite"],
  body: ["background"],
  button: ["formaction"],
  command: ["icon"],
  del: ["cite"],
  embed: ["src"],
  form: ["action"],
  frame: ["longdesc", "src"],
  head: ["profile"],
  html: ["manifest"],
  iframe: ["longdesc", "src"],
  img: ["longdesc", "src", "usemap"],
  input: ["src", "usemap", "formaction"],
  ins: ["cite"],
  link: ["href"],
  object: ["classid", "codebase", "data", "usemap"],
  q: ["cite"],
  script: ["src"],
  source: ["src"],
  track: ["src"],
  video: ["poster", "src"],
};

/** What stands in these is text, whatever it looks like. */
const textElements: ReadonlySet<string> = new Set(["iframe", "noembed", "noframes", "script", "style", "textarea", "title", "xmp"]);

// What is longer is no tag that a person wrote; it passes as it is.
const longestTag = 64 * 1024;
const empty = new Uint8Array();

/**
 * Rewrites the URLs in the tags of an HTML page as it passes. Only tags with such a URL change; all else keeps its bytes, in whichever
 * encoding that writes tags in ASCII. At most one tag is held back.
 */
export async function* rewriteLinks(page: AsyncIterable<Uint8Array>, rewrite: (url: string) => string): AsyncGenerator<Uint8Array> {
  let pending: Uint8Array = empty;
  // What ends the comment or the text that the page is in.
  let until: RegExp | undefined;
  for await (const chunk of page) {
    const bytes = joined(pending, chunk);
    const text = textOf(bytes);
    let at = 0;
    let kept = text.length;
    let out = "";
    while (at < text.length) {
      if (until !== undefined) {
        const end = indexOf(text, until, at);
        // The end itself may be cut: as much stays as it is long.
        const to = end < 0 ? Math.max(at, text.length - longestEnd) : end;
        out += text.slice(at, to);
        at = to;
        if (end < 0) {
          kept = to;
          break;
        }
        until = undefined;
      }
      // What has just ended a text begins with `<` itself.
      const start = text.indexOf("<", at);
      out += text.slice(at, start < 0 ? text.length : start);
      if (start < 0) break;
      at = start;
      if ("<!--".startsWith(text.slice(start, start + 4)) && text.length - start < 4) {
        kept = start;
        break;
      }
      if (text.startsWith("<!--", start)) {
        out += "<!--";
        at = start + 4;
        until = /-->/;
        continue;
      }
      const end = endOfTag(text, start);
      if (end < 0 && text.length - start <= longestTag) {
        kept = start;
        break;
      }
      const to = end < 0 ? start + 1 : end;
      const tag = text.slice(start, to);
      const name = /^<([a-z][^\s/>]*)/i.exec(tag)?.[1]?.toLowerCase();
      out += name === undefined || end < 0 ? tag : withLinks(tag, linkAttributes[name] ?? [], rewrite);
      at = to;
      if (name !== undefined && end >= 0 && textElements.has(name)) until = new RegExp(`</${name}`, "i");
    }
    if (out.length > 0) yield bytesOf(out);
    pending = bytes.subarray(kept);
  }
  if (pending.length > 0) yield pending;
}

const longestEnd = "</noframes".length;

function indexOf(text: string, pattern: RegExp, from: number): number {
  const found = text.slice(from).search(pattern);
  return found < 0 ? -1 : from + found;
}

/** Where the tag is over; -1 while it isn't. A value in quotes may hold the bracket that ends a tag. */
function endOfTag(text: string, start: number): number {
  let quote = "";
  let isValue = false;
  const last = Math.min(text.length, start + longestTag);
  for (let index = start + 1; index < last; index++) {
    const character = text[index]!;
    if (quote !== "") {
      if (character === quote) quote = "";
    } else if (character === ">") {
      return index + 1;
    } else if (isValue && (character === '"' || character === "'")) {
      quote = character;
      isValue = false;
    } else if (!/\s/.test(character)) {
      isValue = character === "=";
    }
  }
  return -1;
}

function withLinks(tag: string, names: readonly string[], rewrite: (url: string) => string): string {
  if (names.length === 0) return tag;
  return tag.replaceAll(/([^\s"'<>/=]+)(\s*=\s*)(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+))/g, (whole: string, ...groups: string[]) => {
    const [name = "", equals = "", double, single, bare] = groups;
    if (!names.includes(name.toLowerCase())) return whole;
    const rewritten = rewrite(double ?? single ?? bare ?? "");
    const quote = single === undefined ? '"' : "'";
    return `${name}${equals}${quote}${rewritten}${quote}`;
  });
}

function joined(left: Uint8Array, right: Uint8Array): Uint8Array {
  if (left.length === 0) return right;
  const both = new Uint8Array(left.length + right.length);
  both.set(left);
  both.set(right, left.length);
  return both;
}

/** One character for each byte, whatever the page's encoding is. */
function textOf(bytes: Uint8Array): string {
  const pieces: string[] = [];
  for (let from = 0; from < bytes.length; from += 8192) pieces.push(String.fromCharCode(...bytes.subarray(from, from + 8192)));
  return pieces.join("");
}

function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
  return bytes;
}
