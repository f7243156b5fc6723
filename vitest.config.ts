import { defineConfig } from "vitest/config";

const shared = {
  resolve: { conditions: ["source"] },
  ssr: { resolve: { conditions: ["source"] } },
};
const never = ["**/node_modules/**", "**/dist/**"];

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        ...shared,
        test: {
          // Seconds in all, no process outside of Node: what `npm run ok` runs.
          name: "unit",
          setupFiles: ["./tools/fast-check-seed.ts"],
          include: ["**/*.test.ts"],
          exclude: [...never, "**/*.real.test.ts"],
          testTimeout: 20_000,
          // Modules are loaded once per worker, not once per file; tests share no state by the laws of the house.
          isolate: false,
        },
      },
      {
        ...shared,
        test: {
          // Real parts: etcd, containerd, kubectl, kill -9, system-call traces, packed packages. They wait more than they compute, so two
          // files run side by side, as clusters of one machine may: each takes names, ports and ranges that are its own.
          name: "real",
          setupFiles: ["./tools/fast-check-seed.ts"],
          include: ["**/*.real.test.ts"],
          exclude: never,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          // What takes seconds tells first.
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
