import { type JsonObject, listAt, textAt, valueAt } from "../json-object.ts";

/** The volumes of a Pod or a template, at the given indentation of their names. */
export function volumesText(volumes: readonly JsonObject[], before = ""): string {
  if (volumes.length === 0) return `${before}Volumes:\t<none>\n`;
  const each = volumes.map((volume) => {
    const name = textAt(volume, "name");
    const lines = sourceLines(volume).map(([key, value]) => `    ${key}:\t${value}\n`);
    return `${before === "" ? "  " : " ".repeat(3)}${name}:\n${lines.join("")}`;
  });
  return `${before}Volumes:\n${each.join("")}`;
}

type Line = readonly [key: string, value: string];

const optional = (source: unknown): Line => ["Optional", String(valueAt(source, "optional") === true)];

function sourceLines(volume: JsonObject): readonly Line[] {
  const of = (...path: readonly string[]): string => textAt(volume, ...path);
  if ("projected" in volume)
    return [
      ["Type", "Projected (a volume that contains injected data from multiple sources)"],
      ...listAt(volume, "projected", "sources").flatMap(projection),
    ];
  if ("configMap" in volume)
    return [["Type", "ConfigMap (a volume populated by a ConfigMap)"], ["Name", of("configMap", "name")], optional(volume["configMap"])];
  if ("secret" in volume)
    return [["Type", "Secret (a volume populated by a Secret)"], ["SecretName", of("secret", "secretName")], optional(volume["secret"])];
  if ("emptyDir" in volume)
    return [
      ["Type", "EmptyDir (a temporary directory that shares a pod's lifetime)"],
      ["Medium", of("emptyDir", "medium")],
      ["SizeLimit", of("emptyDir", "sizeLimit") || "<unset>"],
    ];
  if ("hostPath" in volume)
    return [
      ["Type", "HostPath (bare host directory volume)"],
      ["Path", of("hostPath", "path")],
      ["HostPathType", of("hostPath", "type")],
    ];
  if ("persistentVolumeClaim" in volume)
    return [
      ["Type", "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)"],
      ["ClaimName", of("persistentVolumeClaim", "claimName")],
      ["ReadOnly", String(valueAt(volume, "persistentVolumeClaim", "readOnly") === true)],
    ];
  const [kind = "<unknown>"] = Object.keys(volume).filter((key) => key !== "name");
  return [["Type", kind]];
}

function projection(source: JsonObject): readonly Line[] {
  if ("serviceAccountToken" in source) return [["TokenExpirationSeconds", textAt(source, "serviceAccountToken", "expirationSeconds")]];
  if ("configMap" in source) return [["ConfigMapName", textAt(source, "configMap", "name")], optional(source["configMap"])];
  if ("secret" in source) return [["SecretName", textAt(source, "secret", "name")], optional(source["secret"])];
  return "downwardAPI" in source ? [["DownwardAPI", "true"]] : [];
}
