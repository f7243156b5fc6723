import { type Kind, type OwnerReference, sameJson } from "@kubets/machinery";
import type { AdmissionAttributes, AdmissionPlugin, Authorizer } from "../../contracts.ts";
import { refusal } from "../refusal.ts";

export interface OwnerReferencesPermissionOptions {
  readonly authorizer: Authorizer;
  readonly kinds: () => readonly Kind[];
}

/**
 * Only who may delete an object may change whose property it is, and only who may write an owner's finalizers may block its
 * deletion. Off by default, as upstream.
 */
export function ownerReferencesPermission({ authorizer, kinds }: OwnerReferencesPermissionOptions): AdmissionPlugin {
  return {
    name: "OwnerReferencesPermissionEnforcement",
    async validate(attributes) {
      const { operation, object, previous, subresource, kind } = attributes;
      if (object === undefined || subresource === "status" || (operation !== "CREATE" && operation !== "UPDATE")) return;
      const owners = object.metadata.ownerReferences ?? [];
      const before = previous?.metadata.ownerReferences ?? [];
      if (sameJson(owners, before)) return;
      if (operation === "UPDATE" && !(await allows(attributes, "delete", { ...kind, subresource: "", name: attributes.name }))) {
        throw refusal(attributes, "cannot set an ownerRef on a resource you can't delete: , <nil>");
      }
      for (const owner of newlyBlocking(owners, before)) {
        const ownerKind = kinds().find((each) => each.kind === owner.kind && apiVersionsMatch(each, owner));
        const may =
          ownerKind !== undefined && (await allows(attributes, "update", { ...ownerKind, subresource: "finalizers", name: owner.name }));
        if (!may)
          throw refusal(
            attributes,
            "cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: , <nil>",
          );
      }
    },
  };

  async function allows(
    { user, namespace }: AdmissionAttributes,
    verb: string,
    target: Pick<Kind, "group" | "resource" | "scope" | "version"> & { readonly subresource: string; readonly name: string },
  ): Promise<boolean> {
    const { group, version, resource, subresource, name, scope } = target;
    const where = scope === "Namespaced" ? namespace : "";
    const verdict = await authorizer.authorize({
      user,
      verb,
      path: "",
      resource: { group, version, namespace: where, resource, subresource, name },
    });
    return verdict.decision === "allow";
  }
}

function apiVersionsMatch({ group, version }: Kind, { apiVersion }: OwnerReference): boolean {
  return apiVersion === (group === "" ? version : `${group}/${version}`);
}

function newlyBlocking(owners: readonly OwnerReference[], before: readonly OwnerReference[]): readonly OwnerReference[] {
  return owners.filter(
    (owner) => owner.blockOwnerDeletion === true && !before.some((each) => each.uid === owner.uid && each.blockOwnerDeletion === true),
  );
}
