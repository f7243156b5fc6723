import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  isDnsLabel,
  isPortName,
  isPortNumber,
  isQualifiedName,
  required,
} from "@kubets/machinery";
import { isHeadless } from "./service-defaults.ts";
import type { ServicePort, ServiceSpec } from "./service.ts";

/** The ports of a Service: needed, well-formed, and each there only once. */
export function validateServicePorts(spec: ServiceSpec): readonly FieldError[] {
  const { ports = [], type } = spec;
  if (ports.length === 0) return isHeadless(spec) || type === "ExternalName" ? [] : [required("spec.ports")];
  return [
    ...ports.flatMap((port, index) => validatePort(port, index, ports)),
    ...(type === "ClusterIP" ? ports.flatMap(validateNoNodePort) : []),
    ...ports.flatMap((port, index) => validateNodePortOnce(port, index, ports)),
    ...ports.flatMap((port, index) => validatePortOnce(port, index, ports)),
  ];
}

function validatePort(port: ServicePort, index: number, ports: readonly ServicePort[]): readonly FieldError[] {
  const field = `spec.ports[${index}]`;
  const { name = "", targetPort = 0, appProtocol } = port;
  const nameTwice = name !== "" && ports.slice(0, index).some((each) => each.name === name);
  return [
    ...(name === "" && ports.length > 1 ? [required(`${field}.name`)] : []),
    ...(name === "" ? [] : isDnsLabel(name).map((message) => invalid(`${field}.name`, name, message))),
    ...(nameTwice ? [duplicate(`${field}.name`, name)] : []),
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

function validateNodePortOnce(
  { nodePort = 0, protocol }: ServicePort,
  index: number,
  ports: readonly ServicePort[],
): readonly FieldError[] {
  const twice = ports.slice(0, index).some((each) => each.nodePort === nodePort && each.protocol === protocol);
  return nodePort !== 0 && twice ? [duplicate(`spec.ports[${index}].nodePort`, nodePort)] : [];
}

function validatePortOnce({ port, protocol }: ServicePort, index: number, ports: readonly ServicePort[]): readonly FieldError[] {
  const twice = ports.slice(0, index).some((each) => each.port === port && each.protocol === protocol);
  return twice ? [duplicate(`spec.ports[${index}]`, { protocol, port })] : [];
}
