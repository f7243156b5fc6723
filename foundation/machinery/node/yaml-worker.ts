import { parentPort } from "node:worker_threads";
import { StatusError } from "../status-error.ts";
import { parseYaml, type ParseYamlOptions } from "../yaml.ts";

/** The thread of `createYamlThread`. It answers in JSON, which whoever asked reads ten times as fast as the YAML. */

export interface YamlQuestion {
  readonly id: number;
  readonly source: Uint8Array;
  readonly options: ParseYamlOptions;
}

export type YamlAnswer =
  | { readonly id: number; readonly json: string; readonly duplicates: readonly string[] }
  | { readonly id: number; readonly problem: string };

if (parentPort === null) throw new Error("This file is the thread that reads YAML; it isn't run by itself");
const port = parentPort;

port.on("message", ({ id, source, options }: YamlQuestion) => port.postMessage(answerTo(id, source, options)));

function answerTo(id: number, source: Uint8Array, options: ParseYamlOptions): YamlAnswer {
  try {
    const { value, duplicates } = parseYaml(source, options);
    return { id, json: JSON.stringify(value), duplicates };
  } catch (error) {
    // What isn't a fault of the text ends the thread, and is told to everybody who waits for it.
    if (error instanceof StatusError) return { id, problem: error.message };
    throw error;
  }
}
