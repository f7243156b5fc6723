/** Law 2: the whole control plane runs in a browser. Bundles the pure packages for one; a `node:` module in them is an error. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { root } from "./root.ts";

const pure: readonly string[] = [
  "foundation/machinery/index.ts",
  "foundation/api/index.ts",
  "foundation/client/index.ts",
  "control-plane/store/index.ts",
  "control-plane/store/backends/memory/index.ts",
  "control-plane/apiserver/index.ts",
  "control-plane/scheduler/index.ts",
  "control-plane/controller-manager/index.ts",
  "control-plane/cloud-controller-manager/index.ts",
  "node/simulated/index.ts",
  "addons/host-path-provisioner/index.ts",
  "addons/metrics-server/index.ts",
];

export async function checkBrowserBundles(): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const entry of pure) {
    if (!existsSync(join(root, entry))) {
      wrong.push(`${entry} is not there`);
      continue;
    }
    try {
      await using bundle = await rolldown({
        input: join(root, entry),
        platform: "browser",
        resolve: { conditionNames: ["source", "browser", "import", "default"] },
        logLevel: "silent",
        external: (id) => {
          if (id.startsWith("node:")) throw new Error(`${entry} reaches ${id}`);
          return false;
        },
      });
      await bundle.generate({ format: "esm" });
    } catch (error) {
      wrong.push(`${entry} does not bundle for a browser: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return wrong;
}
