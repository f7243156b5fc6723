import {
  defineKind,
  type FieldError,
  type Kind,
  kindObject,
  type KubernetesObject,
  notSupported,
  required,
  type Schema,
  struct,
} from "@kubets/machinery";
import { objectReference, type ObjectReference } from "./shared/object-reference.ts";

/** Places the Pod of the same name on a node. Created only, by a scheduler, and never kept. */
export interface Binding extends KubernetesObject {
  readonly target: ObjectReference;
}

const binding: Schema<Binding> = kindObject<Binding>("io.k8s.api.core.v1.Binding", "Places the Pod of the same name on a node.", {
  target: struct(objectReference, { field: 2, required: true, doc: "Node on which the Pod is placed." }),
});

export const BindingKind: Kind<Binding> = defineKind<Binding>({
  group: "",
  version: "v1",
  kind: "Binding",
  resource: "bindings",
  scope: "Namespaced",
  schema: binding,
  verbs: ["create"],
  strategy: { validate: validateBinding },
});

/** For the `binding` subresource of Pods as well. */
export function validateBinding({ target }: Binding): readonly FieldError[] {
  const { kind = "", name = "" } = target;
  return [
    ...(kind === "" || kind === "Node" ? [] : [notSupported("target.kind", kind, ["Node", "<empty>"])]),
    ...(name === "" ? [required("target.name")] : []),
  ];
}
