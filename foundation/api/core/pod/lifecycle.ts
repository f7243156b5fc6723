import { object, type Schema, struct, text } from "@kubets/machinery";
import {
  type ExecAction,
  execAction,
  type HTTPGetAction,
  httpGetAction,
  type SleepAction,
  sleepAction,
  type TCPSocketAction,
  tcpSocketAction,
} from "./handlers.ts";
import { type Signal, signals } from "./signal.ts";

export interface Lifecycle {
  readonly postStart?: LifecycleHandler;
  readonly preStop?: LifecycleHandler;
  readonly stopSignal?: Signal;
}

export interface LifecycleHandler {
  readonly exec?: ExecAction;
  readonly httpGet?: HTTPGetAction;
  readonly tcpSocket?: TCPSocketAction;
  readonly sleep?: SleepAction;
}

export const lifecycleHandler: Schema<LifecycleHandler> = object<LifecycleHandler>(
  "io.k8s.api.core.v1.LifecycleHandler",
  "What a hook does. Exactly one is set.",
  {
    exec: struct(execAction, { field: 1, presence: "pointer", doc: "Run a command in the container." }),
    httpGet: struct(httpGetAction, { field: 2, presence: "pointer", doc: "Send an HTTP GET." }),
    tcpSocket: struct(tcpSocketAction, { field: 3, presence: "pointer", doc: "Not supported; kept so that old objects can be read." }),
    sleep: struct(sleepAction, { field: 4, presence: "pointer", doc: "Wait." }),
  },
);

export const lifecycle: Schema<Lifecycle> = object<Lifecycle>(
  "io.k8s.api.core.v1.Lifecycle",
  "What to do at the start and end of a container.",
  {
    postStart: struct(lifecycleHandler, {
      field: 1,
      presence: "pointer",
      doc: "Done right after the start; if it fails, the container is killed and its restart policy decides.",
    }),
    preStop: struct(lifecycleHandler, {
      field: 2,
      presence: "pointer",
      doc: "Done before the container is told to stop; the grace period runs meanwhile.",
    }),
    stopSignal: text({
      field: 3,
      presence: "pointer",
      enum: signals,
      doc: "Signal that stops the container, instead of the image's or the runtime's. Needs spec.os.name.",
    }),
  },
);
