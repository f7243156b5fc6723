import type { Command } from "../command-line/command.ts";
import { apiVersionOf } from "../requests/api-resource.ts";

export const apiVersions: Command = {
  flags: [],
  async run({ io, connect }) {
    const { all } = await (await connect()).resources();
    const versions = [...new Set(all.map(apiVersionOf))].sort();
    io.out(versions.map((version) => `${version}\n`).join(""));
  },
};
