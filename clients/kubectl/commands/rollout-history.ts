import { CommandError } from "../errors.ts";
import { podTemplate } from "../describe/pod-template.ts";
import { alignTabs, describeLayout } from "../printers/tab-writer.ts";
import type { Revision } from "./rollout-revisions.ts";

/** Every revision with why it came about. */
export function historyText(name: string, revisions: readonly Revision[]): string {
  if (revisions.length === 0) return `${name} \nNo rollout history found.\n`;
  const rows = revisions.map(({ number, changeCause }) => `${number}\t${changeCause === "" ? "<none>" : changeCause}\n`);
  return `${name} \n${alignTabs(`REVISION\tCHANGE-CAUSE\n${rows.join("")}`, describeLayout)}\n`;
}

/** The template of one revision. */
export function detailText(name: string, revisions: readonly Revision[], wanted: number): string {
  const revision = revisions.find(({ number }) => number === wanted);
  if (revision === undefined) throw new CommandError(`unable to find the specified revision`);
  return `${name} with revision #${wanted}\nPod Template:\n${podTemplate(revision.template)}\n`;
}
