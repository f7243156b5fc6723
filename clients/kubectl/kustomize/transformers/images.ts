import { regularExpression } from "@kubets/machinery";
import { CommandError } from "../../errors.ts";
import type { JsonObject } from "../../json-object.ts";
import { changeFields, type FieldSpec } from "../field-specs.ts";
import type { Image } from "../kustomization.ts";
import { idOf } from "../resource-id.ts";
import { isMap, isMissing, isScalar, textOf } from "../scalars.ts";
import { eachResource, type Transformer } from "./transformer.ts";

/** Gives the images of a name another name, tag or digest. */
export function setImage(image: Image, fieldSpecs: readonly FieldSpec[]): Transformer {
  const matches = imagesOf(image.name);
  const change = (value: unknown): unknown => {
    if (isMissing(value)) return value;
    if (!isScalar(value)) throw new CommandError("wrong Node Kind for  expected: ScalarNode was another: an image is a text");
    const text = textOf(value);
    return matches(text) ? changed(text, image) : value;
  };
  return eachResource("ImageTagTransformer", (resource) => {
    if (idOf(resource.object).kind === "CustomResourceDefinition") return resource;
    // Containers are found wherever they are, so that those of custom resources are; then the fields of the configuration are gone
    // through. What is in both is changed twice, as it is upstream: a suffix is added twice.
    return { ...resource, object: changeFields(inContainers(resource.object, change) as JsonObject, fieldSpecs, { set: change }) };
  });
}

function inContainers(value: unknown, change: (image: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => inContainers(item, change));
  if (!isMap(value)) return value;
  const members = Object.entries(value).map(([name, member]) => {
    const walked = inContainers(member, change);
    const holdsContainers = (name === "containers" || name === "initContainers") && Array.isArray(walked);
    return [name, holdsContainers ? walked.map((each: unknown) => withImage(each, change)) : walked] as const;
  });
  return Object.fromEntries(members);
}

function withImage(container: unknown, change: (image: unknown) => unknown): unknown {
  return isMap(container) && !isMissing(container["image"]) ? { ...container, image: change(container["image"]) } : container;
}

function imagesOf(name: string): (image: string) => boolean {
  const expression = regularExpression(`^${name}(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?$`);
  if ("problem" in expression) throw new CommandError(`cannot read the image name "${name}": ${expression.problem}`);
  return (image) => expression.test(image);
}

function changed(image: string, { newName, newTag, digest, tagSuffix }: Image): string {
  const given = partsOf(image);
  const name = newName === "" ? given.name : newName;
  if (newTag !== "" || digest !== "") return written(name, newTag, digest);
  if (tagSuffix !== "") return written(name, `${given.tag}${tagSuffix}`, "");
  return written(name, given.tag, given.digest);
}

const written = (name: string, tag: string, digest: string): string =>
  `${name}${tag === "" ? "" : `:${tag}`}${digest === "" ? "" : `@${digest}`}`;

/** A colon in front of the first slash is that of a port. */
function partsOf(image: string): { readonly name: string; readonly tag: string; readonly digest: string } {
  const path = Math.max(0, image.indexOf("/"));
  const at = image.indexOf("@", path);
  const whole = at < 0 ? image : image.slice(0, at);
  const colon = whole.indexOf(":", path);
  return {
    name: colon < 0 ? whole : whole.slice(0, colon),
    tag: colon < 0 ? "" : whole.slice(colon + 1),
    digest: at < 0 ? "" : image.slice(at + 1),
  };
}
