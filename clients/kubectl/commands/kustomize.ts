import type { Command } from "../command-line/command.ts";
import { CommandError } from "../errors.ts";
import { buildKustomization, formatObjects } from "../kustomize/build.ts";

const restrictions = { LoadRestrictionsRootOnly: "root only", LoadRestrictionsNone: "none" } as const;

/** Prints what the kustomization in a folder makes. No cluster is asked. */
export const kustomize: Command = {
  flags: [
    { name: "load-restrictor", takes: "text" },
    { name: "output", short: "o", takes: "text" },
  ],
  async run({ args: [path = ".", ...others], flags, io }) {
    if (others.length > 0) throw new CommandError("specify one path to kustomization.yaml");
    const name = flags.text("load-restrictor") ?? "LoadRestrictionsRootOnly";
    if (name !== "LoadRestrictionsRootOnly" && name !== "LoadRestrictionsNone")
      throw new CommandError(`illegal flag value --load-restrictor ${name}; legal values: [LoadRestrictionsRootOnly LoadRestrictionsNone]`);
    const text = formatObjects(
      await buildKustomization(path, {
        files: io.kustomizationFiles,
        warn: (warning) => io.error(`${warning}\n`),
        loadRestriction: restrictions[name],
      }),
    );
    const output = flags.text("output");
    if (output === undefined) io.out(text);
    else await io.writeFile(output, text);
  },
};
