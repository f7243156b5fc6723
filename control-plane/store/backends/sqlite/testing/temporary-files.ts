import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

/** Paths for the files of the stores of one test file; all are removed after its tests. */
export function temporaryFiles(): { readonly directory: string; newPath(): string } {
  const directory = mkdtempSync(join(tmpdir(), "kubets-store-"));
  // Every store starts a thread. From the second on its code is taken as the first one compiled it.
  process.env["NODE_COMPILE_CACHE"] = join(directory, "compiled");
  afterAll(() => {
    delete process.env["NODE_COMPILE_CACHE"];
    rmSync(directory, { recursive: true });
  });
  let files = 0;
  return { directory, newPath: () => join(directory, `${files++}.db`) };
}
