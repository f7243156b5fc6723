import { existsSync, readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { fileURLToPath } from "node:url";

/**
 * A stack trace that names the sources, where it was taken in a bundle with its source maps beside it; else as it is.
 *
 * The maps are read here and now: to have Node read them with the modules took as long as the rest of a start.
 */
export function readableStack(stack: string): string {
  return stack.replaceAll(/(file:\/\/[^\s()]+\.js|\/[^\s()]+\.js):(\d+):(\d+)/g, (whole, file: string, line: string, column: string) => {
    const path = file.startsWith("file:") ? fileURLToPath(file) : file;
    const origin = mapOf(path)?.findOrigin(Number(line), Number(column));
    return origin !== undefined && "fileName" in origin ? `${origin.fileName}:${origin.lineNumber}:${origin.columnNumber}` : whole;
  });
}

/** Several errors in a row read a map once; later it makes room. */
const maps = new Map<string, WeakRef<SourceMap>>();

function mapOf(path: string): SourceMap | undefined {
  const known = maps.get(path)?.deref();
  if (known !== undefined) return known;
  const file = `${path}.map`;
  if (!existsSync(file)) return undefined;
  const map = new SourceMap(JSON.parse(readFileSync(file, "utf8")) as ConstructorParameters<typeof SourceMap>[0]);
  maps.set(path, new WeakRef(map));
  return map;
}
