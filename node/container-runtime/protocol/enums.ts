import type { ContainerState, Mount } from "../container.ts";
import type { NamespaceMode, PodSandbox, PortMapping, SecurityProfile } from "../pod-sandbox.ts";

// Enumerations of CRI v1, each value at its number.

export const protocols: readonly PortMapping["protocol"][] = ["TCP", "UDP", "SCTP"];
export const namespaceModes: readonly NamespaceMode[] = ["pod", "container", "node", "target"];
export const seccompTypes: readonly SecurityProfile["type"][] = ["RuntimeDefault", "Unconfined", "Localhost"];
export const propagations: readonly NonNullable<Mount["propagation"]>[] = ["None", "HostToContainer", "Bidirectional"];
export const sandboxStates: readonly PodSandbox["state"][] = ["ready", "notReady"];
export const containerStates: readonly ContainerState[] = ["created", "running", "exited", "unknown"];

/** 0 is the image's own. */
export const signals: readonly string[] = [
  "",
  ...["ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL", "PIPE", "POLL", "PROF", "PWR"],
  ...["QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP", "TTIN", "TTOU", "URG", "USR1", "USR2", "VTALRM", "WINCH"],
  ...["XCPU", "XFSZ", "RTMIN"],
  ...Array.from({ length: 15 }, (_, index) => `RTMINPLUS${index + 1}`),
  ...Array.from({ length: 14 }, (_, index) => `RTMAXMINUS${14 - index}`),
  "RTMAX",
].map((name) => (name === "" ? "" : `SIG${name}`));
