/** The files of folders with kustomizations, by what they show. */
export type Kustomizations = Readonly<Record<string, Readonly<Record<string, string | Uint8Array>>>>;

export { generatedData } from "./generated.ts";
export { namesAndLabels } from "./names-and-labels.ts";
export { patched } from "./patched.ts";
export { refused } from "./refused.ts";
