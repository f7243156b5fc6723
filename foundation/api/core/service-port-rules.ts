import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  isDnsLabel,
  isPortName,
  isPortNumber,
  isQualifiedName,
  repeatedPlaces,
  required,
} from "@kubets/machinery";
import { isHeadless } from "./service-defaults.ts";
import type { ServicePort, ServiceSpec } from "./service.ts";

/** The ports of a Service: needed, well-formed, and each there only once. */
export function validateServicePorts(spec: ServiceSpec): readonly FieldError[] {
  const { ports = [], type } = spec;
  if (ports.length === 0) return isHeadless(spec) || type === "ExternalName" ? [] : [required("spec.ports")];
  const namesTwice = repeatedPlaces(ports, ({ name }) => name);
  const nodePortsTwice = repeatedPlaces(ports, ({ nodePort, protocol }) => `${nodePort}/${protocol}`);
  const portsTwice = repeatedPlaces(ports, ({ port, protocol }) => `${port}/${protocol}`);
  return [
    ...ports.flatMap((port, index) => validatePort(port, index, { needsName: ports.length > 1, isNameTaken: namesTwice.has(index) })),
    ...(type === "ClusterIP" ? ports.flatMap(validateNoNodePort) : []),
    ...ports.flatMap((port, index) => (nodePortsTwice.has(index) ? validateNodePortOnce(port, index) : [])),
    ...ports.flatMap((port, index) =>
      portsTwice.has(index) ? [duplicate(`spec.ports[${index}]`, { protocol: port.protocol, port: port.port })] : [],
    ),
  ];
}

function validatePort(
  port: ServicePort,
  index: number,
  { needsName, isNameTaken }: { readonly needsName: boolean; readonly isNameTaken: boolean },
): readonly FieldError[] {
  const field = `spec.ports[${index}]`;
  const { name = "", targetPort = 0, appProtocol } = port;
  return [
    ...(name === "" && needsName ? [required(`${field}.name`)] : []),
    ...(name === "" ? [] : isDnsLabel(name).map((message) => invalid(`${field}.name`, name, message))),
    ...(name !== "" && isNameTaken ? [duplicate(`${field}.name`, name)] : []),
    ...isPortNumber(port.port).map((message) => invalid(`${field}.port`, port.port, message)),
    ...(typeof targetPort === "number" ? isPortNumber(targetPort) : isPortName(targetPort)).map((message) =>
      invalid(`${field}.targetPort`, targetPort, message),
    ),
    ...(appProtocol === undefined
      ? []
      : isQualifiedName(appProtocol).map((message) => invalid(`${field}.appProtocol`, appProtocol, message))),
  ];
}

function validateNoNodePort({ nodePort = 0 }: ServicePort, index: number): readonly FieldError[] {
  return nodePort === 0 ? [] : [forbidden(`spec.ports[${index}].nodePort`, "may not be used when `type` is 'ClusterIP'")];
}

function validateNodePortOnce({ nodePort = 0 }: ServicePort, index: number): readonly FieldError[] {
  return nodePort === 0 ? [] : [duplicate(`spec.ports[${index}].nodePort`, nodePort)];
}
