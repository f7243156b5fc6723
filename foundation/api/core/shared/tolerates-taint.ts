import type { Taint, Toleration } from "./taint.ts";

/** Whether a toleration makes up for a taint. Without an effect it stands for all effects; without a key, for all taints. */
export function toleratesTaint({ key = "", operator = "Equal", value = "", effect }: Toleration, taint: Taint): boolean {
  if (effect !== undefined && effect !== taint.effect) return false;
  if (key !== "" && key !== taint.key) return false;
  switch (operator) {
    case "Exists":
      return true;
    case "Equal":
      return value === (taint.value ?? "");
    // Comparisons are an alpha feature of upstream, off by default.
    case "Gt":
    case "Lt":
      return false;
  }
}
