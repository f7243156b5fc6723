// Whether a bundle of the program was made from the checkout as it is now. Runs on whatever Node began, and imports no package.
import { createHash } from "node:crypto";
import { readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Changes with the meaning of the manifest. */
const format = 1;

/** An input that changed so shortly before it was noted could have changed again within the same tick of the file system's clock. */
const tickMilliseconds = 2000;

/**
 * The main module of a bundle of exactly what the checkout holds now, or `undefined`.
 *
 * An input is the same when its size and both dates are. A date alone decides nothing: where one differs (another branch and back, a
 * copy, a touch) the content does.
 */
export function freshProgram(root, cache) {
  try {
    const manifest = JSON.parse(readFileSync(manifestPath(cache), "utf8"));
    if (manifest.format !== format) return undefined;
    const folder = join(cache, manifest.folder);
    for (const [name, bytes] of manifest.files) if (statSync(join(folder, name)).size !== bytes) return undefined;
    let restated = false;
    for (const input of manifest.inputs) {
      const [path, bytes, modified, changed, sha256] = input;
      const now = statSync(join(root, path));
      if (now.size !== bytes) return undefined;
      if (now.mtimeMs === modified && now.ctimeMs === changed) continue;
      if (hashOf(join(root, path)) !== sha256) return undefined;
      [input[2], input[3]] = [now.mtimeMs, settled(now.ctimeMs)];
      restated ||= input[3] !== changed;
    }
    if (restated) writeManifest(cache, manifest);
    return join(folder, "main.js");
  } catch {
    // No manifest, no file, no right to read: there is no bundle that could be used.
    return undefined;
  }
}

/** Makes the bundle in `cache/folder` the one that is used from now on. */
export function recordProgram(cache, { folder, files, inputs }) {
  const rows = inputs.map(({ path, bytes, modified, changed, sha256 }) => [path, bytes, modified, settled(changed), sha256]);
  writeManifest(cache, { format, folder, files: files.map((name) => [name, statSync(join(cache, folder, name)).size]), inputs: rows });
}

/** A date that can be trusted, or one that no file has. */
function settled(changed) {
  return Date.now() - changed > tickMilliseconds ? changed : 0;
}

function writeManifest(cache, manifest) {
  const written = `${manifestPath(cache)}.${process.pid}`;
  try {
    writeFileSync(written, JSON.stringify(manifest));
    renameSync(written, manifestPath(cache));
  } catch (error) {
    // Another user's checkout: the bundle serves all the same.
    if (error.code !== "EACCES" && error.code !== "EROFS") throw error;
  }
}

function manifestPath(cache) {
  return join(cache, "program.json");
}

function hashOf(path) {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}
