/** A published testkit begins its first cluster from a file that lies beside its code; what is in it follows from the sources alone. */
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { encodeTemplate, templateOf } from "../testing/testkit/cluster-template.ts";
import { clusterForTemplate } from "../testing/testkit/start-cluster.ts";
import type { Bundled } from "./bundle.ts";

/** Puts the file where the module that reads it lies in a bundle. Nothing is done for a bundle without it. */
export async function shipTemplate({ parts }: Bundled, directory: string): Promise<void> {
  const reader = parts.find(({ modules }) => modules.includes("testing/testkit/templates.ts"));
  if (reader === undefined) return;
  writeFileSync(join(directory, dirname(reader.file), "cluster-template"), encodeTemplate(templateOf(await clusterForTemplate({}))));
}
