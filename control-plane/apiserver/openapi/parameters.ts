/** A query or path parameter of an operation, in the form that both versions of OpenAPI are written from. */
export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query";
  readonly type: "boolean" | "integer" | "string";
  readonly doc: string;
}

const query = (name: string, type: Parameter["type"], doc: string): Parameter => ({ name, in: "query", type, doc });
const path = (name: string, doc: string): Parameter => ({ name, in: "path", type: "string", doc });

export const namespaceParameter: Parameter = path("namespace", "Namespace of the object.");
export const nameParameter = (kind: string): Parameter => path("name", `name of the ${kind}`);
export const proxiedPathParameter: Parameter = path("path", "Path to request from what is proxied to.");
export const logPathParameter: Parameter = path("logpath", "Path of the file below the directory of logs.");
export const prettyParameter: Parameter = query("pretty", "string", "Indents the answer when `true`.");

/** Clients look for these two to find out what a server can do: they always stand in the operation itself. */
export const dryRunParameter: Parameter = query("dryRun", "string", "`All`: go through every step of the request, but keep nothing of it.");
export const fieldValidationParameter: Parameter = query(
  "fieldValidation",
  "string",
  "What becomes of unknown and duplicate fields: `Strict` refuses them, `Warn` drops them with a warning (the default), `Ignore` drops them.",
);

const fieldManager: Parameter = query(
  "fieldManager",
  "string",
  "Name under which the server notes who set the fields; at most 128 printable characters.",
);
const continueToken: Parameter = query("continue", "string", "Goes on with a list where the answer that carried this token ended.");
const fieldSelector: Parameter = query("fieldSelector", "string", "Only objects with these field values.");
const labelSelector: Parameter = query("labelSelector", "string", "Only objects with these labels.");
const limit: Parameter = query("limit", "integer", "How many objects to answer at most; the rest is fetched with `continue`.");
const resourceVersion: Parameter = query("resourceVersion", "string", "How new the data must be; see resourceVersionMatch.");
const resourceVersionMatch: Parameter = query(
  "resourceVersionMatch",
  "string",
  "How resourceVersion is meant: `Exact` for the state at that version, `NotOlderThan` for that or a newer one.",
);
const sendInitialEvents: Parameter = query("sendInitialEvents", "boolean", "Begins a watch with the present objects, ended by a bookmark.");
const shardSelector: Parameter = query(
  "shardSelector",
  "string",
  "Alpha, and not taken notice of: all objects are answered, without `shardInfo`, whichever part is asked for.",
);
const timeoutSeconds: Parameter = query("timeoutSeconds", "integer", "Ends the list or watch after so many seconds.");

export const writeParameters: readonly Parameter[] = [dryRunParameter, fieldManager, fieldValidationParameter];
export const patchParameters: readonly Parameter[] = [
  ...writeParameters,
  query("force", "boolean", "Lets an apply take over fields that others manage."),
];
export const deleteParameters: readonly Parameter[] = [
  dryRunParameter,
  query("gracePeriodSeconds", "integer", "Seconds until the object goes; 0 at once, absent what its kind has as default."),
  query(
    "ignoreStoreReadErrorWithClusterBreakingPotential",
    "boolean",
    "Removes an object that can no longer be read, past all checks and finalizers.",
  ),
  query("orphanDependents", "boolean", "Deprecated: use propagationPolicy."),
  query(
    "propagationPolicy",
    "string",
    "What becomes of dependents: `Orphan` leaves them, `Background` deletes them afterwards, `Foreground` before the object itself.",
  ),
];
export const listParameters: readonly Parameter[] = [
  query("allowWatchBookmarks", "boolean", "Lets a watch tell of its progress by BOOKMARK events."),
  continueToken,
  fieldSelector,
  labelSelector,
  limit,
  resourceVersion,
  resourceVersionMatch,
  sendInitialEvents,
  shardSelector,
  timeoutSeconds,
  query("watch", "boolean", "Answers a stream of changes instead of a list."),
];
export const deleteCollectionParameters: readonly Parameter[] = [
  ...deleteParameters,
  continueToken,
  fieldSelector,
  labelSelector,
  limit,
  resourceVersion,
  resourceVersionMatch,
  sendInitialEvents,
  shardSelector,
  timeoutSeconds,
];

const streams: readonly Parameter[] = [
  query("container", "string", "Container to connect to; may be left out where there is only one."),
  query("stderr", "boolean", "Passes on the standard error of the container."),
  query("stdin", "boolean", "Passes on to the standard input of the container."),
  query("stdout", "boolean", "Passes on the standard output of the container."),
  query("tty", "boolean", "Gives the container a terminal."),
];

/** Parameters of subresources that aren't read and written like an object. */
export const subresourceParameters: Readonly<Record<string, readonly Parameter[]>> = {
  attach: streams,
  exec: [query("command", "string", "Program and arguments; repeated for each of them. Not run by a shell."), ...streams],
  log: [
    query("container", "string", "Container whose log is read; may be left out where there is only one."),
    query("follow", "boolean", "Goes on with what is written from now on."),
    query("insecureSkipTLSVerifyBackend", "boolean", "Accepts any certificate of the kubelet."),
    query("limitBytes", "integer", "Ends the answer after so many bytes."),
    prettyParameter,
    query("previous", "boolean", "Reads the log of the container's previous run."),
    query("sinceSeconds", "integer", "Only lines of the last so many seconds."),
    query("stream", "string", "`All`, `Stdout` or `Stderr`."),
    query("tailLines", "integer", "Only the last so many lines."),
    query("timestamps", "boolean", "Puts the time before every line."),
  ],
  portforward: [query("ports", "integer", "Ports to forward; needed with websockets.")],
  proxy: [query("path", "string", "Path to request from what is proxied to.")],
};
