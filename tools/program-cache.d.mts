import type { Input } from "./bundle.ts";

export declare function freshProgram(root: string, cache: string): string | undefined;
export declare function recordProgram(
  cache: string,
  program: { readonly folder: string; readonly files: readonly string[]; readonly inputs: readonly Input[] },
): void;
