import { type JsonObject, listAt, objectAt, textAt, textsAt } from "../json-object.ts";
import { containersText } from "./containers.ts";
import { annotationLines, indent, mapLines } from "./text.ts";
import { volumesText } from "./volumes.ts";

/** What stands below `Pod Template:`. */
export function podTemplate(template: JsonObject): string {
  const spec = objectAt(template, "spec");
  const annotations = textsAt(template, "metadata", "annotations");
  const serviceAccount = textAt(spec, "serviceAccountName");
  return [
    indent(1, mapLines("Labels", textsAt(template, "metadata", "labels"))),
    Object.keys(annotations).length === 0 ? "" : indent(1, annotationLines(annotations)),
    serviceAccount === "" ? "" : `  Service Account:\t${serviceAccount}\n`,
    listAt(spec, "initContainers").length === 0
      ? ""
      : indent(1, containersText("Init Containers", listAt(spec, "initContainers"), undefined)),
    indent(1, containersText("Containers", listAt(spec, "containers"), undefined)),
    volumesText(listAt(spec, "volumes"), "  "),
    indent(1, mapLines("Node-Selectors", textsAt(spec, "nodeSelector"))),
    indent(1, tolerationLines(listAt(spec, "tolerations"))),
  ].join("");
}

export function tolerationLines(tolerations: readonly JsonObject[]): string {
  if (tolerations.length === 0) return "Tolerations:\t<none>\n";
  const texts = tolerations
    .toSorted((a, b) => (textAt(a, "key") < textAt(b, "key") ? -1 : 1))
    .map((toleration) => {
      const of = (field: string): string => textAt(toleration, field);
      const value = of("value") === "" ? "" : `=${of("value")}`;
      const effect = of("effect") === "" ? "" : `:${of("effect")}`;
      const exists =
        of("operator") === "Exists" && of("value") === "" ? `${of("key") === "" && of("effect") === "" ? "" : " "}op=Exists` : "";
      const seconds = of("tolerationSeconds") === "" ? "" : ` for ${of("tolerationSeconds")}s`;
      return `${of("key")}${value}${effect}${exists}${seconds}`;
    });
  return texts.map((text, index) => `${index === 0 ? "Tolerations:" : ""}\t${text}\n`).join("");
}
