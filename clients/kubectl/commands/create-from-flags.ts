import type { Invocation } from "../command-line/command.ts";
import { CommandError } from "../errors.ts";
import type { JsonObject } from "../json-object.ts";

/** The object that `create namespace|configmap|serviceaccount|deployment NAME` makes from its flags. */
export async function generate(invocation: Invocation): Promise<JsonObject> {
  const { args, flags } = invocation;
  const [type = "", name, ...more] = args;
  if (name === undefined || more.length > 0) throw new CommandError(`exactly one NAME is required, got ${args.length - 1}`);
  switch (type) {
    case "namespace":
    case "ns":
      return { apiVersion: "v1", kind: "Namespace", metadata: { name } };
    case "serviceaccount":
    case "sa":
      return { apiVersion: "v1", kind: "ServiceAccount", metadata: { name } };
    case "configmap":
    case "cm":
      return { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: await dataOf(invocation) };
    case "deployment":
    case "deploy": {
      const images = flags.texts("image");
      if (images.length === 0) throw new CommandError('required flag(s) "image" not set');
      const labels = { app: name };
      return {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name, labels },
        spec: {
          replicas: flags.number("replicas") ?? 1,
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { containers: images.map((image) => ({ name: containerName(image), image })) } },
        },
      };
    }
    default:
      throw new CommandError(`cannot create "${type}" from flags: use -f, or one of namespace, configmap, serviceaccount, deployment`);
  }
}

/** The last part of an image's path, without tag and digest. */
function containerName(image: string): string {
  return (image.split("/").at(-1) ?? image).replace(/[:@].*$/, "");
}

async function dataOf({ flags, io }: Invocation): Promise<JsonObject> {
  const data: Record<string, string> = {};
  for (const pair of flags.texts("from-literal")) {
    const [, key, value] = /^([^=]+)=([\s\S]*)$/.exec(pair) ?? [];
    if (key === undefined) throw new CommandError(`invalid literal source ${pair}, expected key=value`);
    data[key] = value ?? "";
  }
  for (const source of flags.texts("from-file")) {
    const [, key, path = source] = /^([^=]+)=(.*)$/.exec(source) ?? [];
    data[key ?? path.split("/").at(-1) ?? path] = await io.readFile(path);
  }
  return data;
}
