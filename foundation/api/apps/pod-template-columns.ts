import { type Column, formatLabelSelector, type LabelSelector } from "@kubets/machinery";
import type { PodTemplateSpec } from "../core/pod/pod-template-spec.ts";

/** What `-o wide` shows of the Pods that an object makes. */
export function podTemplateColumns<T>(templateOf: (object: T) => PodTemplateSpec | undefined): readonly Column<T>[] {
  const containers = (object: T): PodTemplateSpec["spec"]["containers"] => templateOf(object)?.spec.containers ?? [];
  return [
    {
      name: "Containers",
      type: "string",
      priority: 1,
      doc: "The names of the containers.",
      cell: (object) =>
        containers(object)
          .map(({ name }) => name)
          .join(","),
    },
    {
      name: "Images",
      type: "string",
      priority: 1,
      doc: "The images of the containers.",
      cell: (object) =>
        containers(object)
          .map(({ image }) => image ?? "")
          .join(","),
    },
  ];
}

/** What `-o wide` shows of how an object finds its Pods. */
export function selectorColumn<T>(selectorOf: (object: T) => LabelSelector): Column<T> {
  return {
    name: "Selector",
    type: "string",
    priority: 1,
    doc: "Which Pods belong to it.",
    cell: (object) => formatLabelSelector(selectorOf(object)),
  };
}
