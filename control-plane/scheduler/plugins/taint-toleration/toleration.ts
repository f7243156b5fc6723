import { type Taint, type Toleration, toleratesTaint } from "@kubets/api";

/** Whether one of `tolerations` makes up for a taint. */
export function tolerates(tolerations: readonly Toleration[], taint: Taint): boolean {
  return tolerations.some((toleration) => toleratesTaint(toleration, taint));
}
