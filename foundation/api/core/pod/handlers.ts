import { type defaulted, field, integer, type IntOrString, intOrString, list, object, type Schema, string, text } from "@kubets/machinery";

export interface ExecAction {
  readonly command?: readonly string[];
}

export interface HTTPGetAction {
  readonly [defaulted]?: "path" | "scheme";
  readonly path: string;
  readonly port: IntOrString;
  readonly host?: string;
  readonly scheme: "HTTP" | "HTTPS";
  readonly httpHeaders?: readonly HTTPHeader[];
}

export interface HTTPHeader {
  readonly name: string;
  readonly value: string;
}

export interface TCPSocketAction {
  readonly port: IntOrString;
  readonly host?: string;
}

export interface GRPCAction {
  readonly [defaulted]?: "service";
  readonly port: number;
  readonly service: string;
}

export interface SleepAction {
  readonly seconds: number;
}

export const execAction: Schema<ExecAction> = object<ExecAction>("io.k8s.api.core.v1.ExecAction", "Runs a command in the container.", {
  command: list(string, {
    field: 1,
    listType: "atomic",
    doc: "Program and arguments, run without a shell; it succeeds when it exits with 0.",
  }),
});

export const httpHeader: Schema<HTTPHeader> = object<HTTPHeader>("io.k8s.api.core.v1.HTTPHeader", "A header of an HTTP request.", {
  name: text({ field: 1, required: true, doc: "Name of the header." }),
  value: text({ field: 2, required: true, mayBeEmpty: true, doc: "Value of the header." }),
});

export const httpGetAction: Schema<HTTPGetAction> = object<HTTPGetAction>(
  "io.k8s.api.core.v1.HTTPGetAction",
  "Sends an HTTP GET; an answer from 200 to 399 counts as success.",
  {
    path: text({ field: 1, default: "/", doc: "Path that is asked for." }),
    port: field(intOrString, { field: 2, required: true, doc: "Number or name of the container's port." }),
    host: text({ field: 3, doc: "Host to connect to; the Pod's IP when empty." }),
    scheme: text({ field: 4, enum: ["HTTP", "HTTPS"], default: "HTTP", doc: "Whether to use TLS; the certificate is not verified." }),
    httpHeaders: list(httpHeader, { field: 5, listType: "atomic", doc: "Headers to send; a name may occur more than once." }),
  },
);

export const tcpSocketAction: Schema<TCPSocketAction> = object<TCPSocketAction>(
  "io.k8s.api.core.v1.TCPSocketAction",
  "Opens a TCP connection; that it opens counts as success.",
  {
    port: field(intOrString, { field: 1, required: true, doc: "Number or name of the container's port." }),
    host: text({ field: 2, doc: "Host to connect to; the Pod's IP when empty." }),
  },
);

export const grpcAction: Schema<GRPCAction> = object<GRPCAction>(
  "io.k8s.api.core.v1.GRPCAction",
  "Asks the gRPC health service; SERVING counts as success.",
  {
    port: integer({ field: 1, required: true, doc: "Number of the port of the gRPC server." }),
    service: text({
      field: 2,
      presence: "pointer",
      default: "",
      doc: "Name of the service to ask about, in the sense of the gRPC health protocol.",
    }),
  },
);

export const sleepAction: Schema<SleepAction> = object<SleepAction>("io.k8s.api.core.v1.SleepAction", "Waits.", {
  seconds: integer({ field: 1, bits: 64, required: true, doc: "How long to wait." }),
});
