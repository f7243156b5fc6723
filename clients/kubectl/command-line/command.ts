import type { Clock, Random } from "@kubets/machinery";
import type { Connection } from "../requests/connection.ts";
import type { Files } from "../kustomize/files.ts";
import type { Flag, FlagValues } from "./flags.ts";

/** Where a command reads and writes. */
export interface Io {
  out(text: string): void;
  /** Resolves when whoever reads has taken them: output without end waits for its reader. */
  outBytes(bytes: Uint8Array): Promise<void>;
  error(text: string): void;
  readonly input: AsyncIterable<Uint8Array>;
  /** Where input comes from and output goes to, when a person sits there. */
  readonly terminal?: Terminal;
  /** The text of a file, or of what a URL answers. */
  readFile(path: string): Promise<string>;
  writeFile(path: string, text: string): Promise<void>;
  /** The manifests of a folder (`.json`, `.yaml`, `.yml`), sorted; undefined when it is a file. */
  manifestsIn(path: string, options: { readonly recursive: boolean }): Promise<readonly string[] | undefined>;
  readonly files: ArchivedFiles;
  /** The files that kustomizations are made of. */
  readonly kustomizationFiles: Files;
  /** Has two folders of such files compared by the person's program of choice, which is `diff -u -N`. Answers what it said and its exit code. */
  compare(files: readonly ComparedFile[]): Promise<Comparison>;
  /** Has the person edit a text in an editor; `extension` is that of the file (`.yaml`). */
  edit(text: string, extension: string): Promise<Edited>;
  /** Accepts connections on a port of this machine; 0 means a free one. */
  listen(port: number, address: string, accept: (socket: Socket) => void): Promise<Listener>;
  /** Serves HTTP on a port of this machine; 0 means a free one. */
  serve(port: number, address: string, answer: (request: HttpRequest) => Promise<HttpAnswer>): Promise<HttpServer>;
}

export interface HttpRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Aborted when whoever asks is gone. */
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AsyncIterable<Uint8Array>;
}

/** Disposed of, it listens no more and ends the connections that it has. */
export interface HttpServer extends AsyncDisposable {
  readonly port: number;
}

/** Files of this machine on their way into tar archives, and out of them. */
export interface ArchivedFiles {
  exists(path: string): Promise<boolean>;
  /** An archive of a file, or of a folder and all below it, under the name `as`. */
  pack(path: string, as: string): AsyncIterable<Uint8Array>;
  /** Writes each entry where `placeOf` says, or nowhere; links never. */
  unpack(archive: AsyncIterable<Uint8Array>, placeOf: (entry: ArchiveEntry) => string | undefined): Promise<void>;
}

/** What an archive says of a file that it holds. */
export interface ArchiveEntry {
  readonly name: string;
  /** Of a symbolic link, where it leads. */
  readonly linkTo?: string;
}

/** What was saved in an editor, in a file that is there until it is disposed of. */
export interface Edited extends AsyncDisposable {
  readonly text: string;
  readonly file: string;
}

/** A file in two folders, or in the one where it has a text. */
export interface ComparedFile {
  readonly name: string;
  readonly live: string | undefined;
  readonly merged: string | undefined;
}

export interface Comparison {
  readonly output: string;
  readonly errors: string;
  /** 1: they differ. */
  readonly exitCode: number;
}

export interface TerminalSize {
  readonly rows: number;
  readonly columns: number;
}

export interface Terminal {
  /** Hands every key on as it is pressed, Ctrl-C too, and shows none of them, until disposed of. */
  raw(): Disposable;
  /** The size, and every other that it takes, until `signal` is aborted. */
  sizes(signal: AbortSignal): AsyncIterable<TerminalSize>;
}

/** One accepted connection. */
export interface Socket {
  readonly readable: AsyncIterable<Uint8Array>;
  write(bytes: Uint8Array): Promise<void>;
  end(): void;
}

export interface Listener {
  readonly port: number;
  close(): void;
}

/** Everything a command runs with. */
export interface Invocation {
  readonly args: readonly string[];
  /** How many of `args` stand before `--`. */
  readonly dash: number | undefined;
  readonly flags: FlagValues;
  readonly io: Io;
  readonly clock: Clock;
  readonly random: Random;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** The cluster that the kubeconfig and the flags name. Connected at the first use. */
  connect(): Promise<Connection>;
  /** The files of the kubeconfig, the first one being written to. */
  kubeconfigFiles(): Promise<readonly string[]>;
}

/** A verb of kubectl. It says its own errors by throwing; what it answers is the exit code (0 when nothing). */
export interface Command {
  readonly flags: readonly Flag[];
  /** Words after the first argument are arguments, whatever they look like. */
  readonly stopAtArgument?: boolean;
  run(invocation: Invocation): Promise<number | void>;
}
