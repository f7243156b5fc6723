import type { Action } from "@kubets/client";
import type { KubernetesObject } from "@kubets/machinery";

export function event(about: KubernetesObject, type: "Normal" | "Warning", reason: string, message: string): Action {
  return { verb: "event", about, type, reason, message };
}
