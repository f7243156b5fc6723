import type { Clock, Tasks } from "@kubets/machinery";
import { formatTime } from "@kubets/machinery";
import { demandCommand } from "@kubets/machinery/node";
import type { ImageService } from "../cri.ts";
import type { ImageContent } from "../image-content.ts";
import { mountArguments } from "../images/mount-arguments.ts";
import type { SnapshotList, SnapshotMounts, SnapshotRequest } from "../protocol/containerd.ts";
import { snapshotsProtocol } from "../protocol/containerd.ts";
import { isRuntimeError, RuntimeError } from "../runtime-error.ts";
import { connectGrpc } from "./grpc-connection.ts";

export interface ImageContentOptions {
  /** Of containerd. */
  readonly socketPath: string;
  /** With which CRI unpacks images. */
  readonly snapshotter: string;
  readonly images: ImageService;
  readonly clock: Clock;
  readonly tasks: Tasks;
}

/** In which containerd's CRI keeps its images. */
const headers = { "containerd-namespace": "k8s.io" };
const prefix = "kubets-image-volume-";
const timeoutMilliseconds = 60_000;

/** {@link ImageContent} out of the snapshots into which containerd has unpacked the layers: a view of the last one shows all. */
export function createImageContent({ socketPath, snapshotter, images, clock, tasks }: ImageContentOptions): ImageContent {
  const call = <Answer>(method: "View" | "Mounts" | "Remove", request: Readonly<Record<string, unknown>>): Promise<Answer> =>
    tasks.run("containerd call", async () => {
      const connection = connectGrpc(socketPath);
      try {
        // What the registry of messages makes has the members that the table says; only the compiler can't see it.
        const answer = await connection.call(snapshotsProtocol.method("Snapshots", method), request, { headers, timeoutMilliseconds });
        return answer as Answer;
      } finally {
        connection.close();
      }
    });
  const view = async (key: string, parent: string): Promise<SnapshotMounts> => {
    // Without a reference to it containerd would collect it as garbage.
    const labels = { "containerd.io/gc.root": formatTime(clock.now()) };
    const request: SnapshotRequest<"ViewSnapshotRequest"> = { snapshotter, key, parent, labels };
    try {
      return await call<SnapshotMounts>("View", request);
    } catch (error) {
      if (!isRuntimeError(error, "AlreadyExists")) throw error;
      // Of a life before this one, whose mount is gone with the machine.
      return call<SnapshotMounts>("Mounts", { snapshotter, key } satisfies SnapshotRequest<"MountsRequest">);
    }
  };

  return {
    async mount(image, { holder, path }) {
      const status = await images.imageStatus(image);
      if (status === undefined) throw new RuntimeError("NotFound", "View", `image ${JSON.stringify(image)} is not on this node`);
      const { chainId } = status;
      if (chainId === undefined)
        throw new RuntimeError("Unimplemented", "View", `the runtime does not tell the layers of image ${JSON.stringify(image)}`);
      const { mounts } = await view(`${prefix}${holder}`, chainId);
      for (const mount of mounts) {
        const { from, args } = mountArguments(mount, path);
        await demandCommand("env", ["--chdir", from, "mount", ...args], { tasks });
      }
    },
    async release(holder) {
      try {
        await call("Remove", { snapshotter, key: `${prefix}${holder}` } satisfies SnapshotRequest<"RemoveSnapshotRequest">);
      } catch (error) {
        if (!isRuntimeError(error, "NotFound")) throw error;
      }
    },
    holders: () =>
      tasks.run("containerd call", async () => {
        const connection = connectGrpc(socketPath);
        try {
          const request: SnapshotRequest<"ListSnapshotsRequest"> = { snapshotter, filters: [`name~="^${prefix}"`] };
          const names: string[] = [];
          const lists = connection.subscribe(snapshotsProtocol.method("Snapshots", "List"), request, { headers, timeoutMilliseconds });
          for await (const list of lists) names.push(...(list as SnapshotList).info.map(({ name }) => name));
          return names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
        } finally {
          connection.close();
        }
      }),
  };
}
