export { type Containerd, type ContainerdOptions, purgeContainerd, startContainerd } from "./containerd.ts";
export { containerdPaths, MissingProgramsError } from "./containerd-setup.ts";
export { type ContainerRuntime, createCriClient, type CriClientOptions } from "./cri-client.ts";
export { findCniPlugins, findProgram } from "./machine.ts";
export { importImagesInto } from "./import-images.ts";
