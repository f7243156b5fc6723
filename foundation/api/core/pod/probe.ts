import { type defaulted, embedded, integer, object, type Schema, struct } from "@kubets/machinery";
import {
  type ExecAction,
  execAction,
  type GRPCAction,
  grpcAction,
  type HTTPGetAction,
  httpGetAction,
  type TCPSocketAction,
  tcpSocketAction,
} from "./handlers.ts";

export interface ProbeHandler {
  readonly exec?: ExecAction;
  readonly httpGet?: HTTPGetAction;
  readonly tcpSocket?: TCPSocketAction;
  readonly grpc?: GRPCAction;
}

export interface Probe extends ProbeHandler {
  readonly [defaulted]?: "timeoutSeconds" | "periodSeconds" | "successThreshold" | "failureThreshold";
  readonly initialDelaySeconds?: number;
  readonly timeoutSeconds: number;
  readonly periodSeconds: number;
  readonly successThreshold: number;
  readonly failureThreshold: number;
  readonly terminationGracePeriodSeconds?: number;
}

export const probeHandler: Schema<ProbeHandler> = object<ProbeHandler>(
  "io.k8s.api.core.v1.ProbeHandler",
  "How to probe. Exactly one is set.",
  {
    exec: struct(execAction, { field: 1, presence: "pointer", doc: "Run a command in the container." }),
    httpGet: struct(httpGetAction, { field: 2, presence: "pointer", doc: "Send an HTTP GET." }),
    tcpSocket: struct(tcpSocketAction, { field: 3, presence: "pointer", doc: "Open a TCP connection." }),
    grpc: struct(grpcAction, { field: 4, presence: "pointer", doc: "Ask the gRPC health service." }),
  },
);

export const probe: Schema<Probe> = object<Probe>("io.k8s.api.core.v1.Probe", "A check that the kubelet repeats on a container.", {
  ...embedded(probeHandler, { field: 1 }),
  initialDelaySeconds: integer({ field: 2, doc: "How long after the start of the container to begin." }),
  timeoutSeconds: integer({ field: 3, default: 1, doc: "After how long an attempt counts as failed." }),
  periodSeconds: integer({ field: 4, default: 10, doc: "How often to probe." }),
  successThreshold: integer({ field: 5, default: 1, doc: "Successes in a row that turn a failed probe good; 1 for liveness and startup." }),
  failureThreshold: integer({ field: 6, default: 3, doc: "Failures in a row that turn the probe bad." }),
  terminationGracePeriodSeconds: integer({
    field: 7,
    presence: "pointer",
    bits: 64,
    doc: "Grace period of the container when this probe kills it; that of the Pod when absent.",
  }),
});
