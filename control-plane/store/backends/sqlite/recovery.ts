import type { Logger, Tasks } from "@kubets/machinery";
import type { Revision } from "../../store.ts";
import { StoreError } from "../../store.ts";
import type { Disk, OpenRequest } from "./disk.ts";
import type { RecoveredEvent } from "./replies.ts";
import { readEvents } from "./replies.ts";

export interface RecoveryOptions {
  readonly disk: Disk;
  readonly file: OpenRequest;
  readonly tasks: Tasks;
  readonly logger: Logger;
  /** The last revision that the store knows to be on the disk. */
  readonly current: () => Revision;
  /** Takes over the next write that was found on the disk. */
  readonly adopt: (event: RecoveredEvent) => void;
}

/** Finds out what is on the disk when nobody knows: after a write whose outcome is unknown, or when the thread has ended. */
export class Recovery {
  readonly #options: RecoveryOptions;
  #lost = false;
  #running: Promise<void> | undefined;

  constructor(options: RecoveryOptions) {
    this.#options = options;
  }

  /** Nothing may be written or read before {@link done}. */
  get isNeeded(): boolean {
    return this.#lost || !this.#options.disk.isOpen;
  }

  /** Nobody knows what is on the disk until it is read again, which is tried at once, and by everyone who needs it. */
  lose(): void {
    const { logger, tasks } = this.#options;
    this.#lost = true;
    logger.error("The outcome of a write is unknown; the file is read again");
    tasks.start("store recovery", () => this.done().catch((error: unknown) => logger.error("The file can't be read again", { error })));
  }

  /** Resolves when what the store knows is what is on the disk; rejects when that can't be found out now. */
  async done(): Promise<void> {
    if (!this.isNeeded) return;
    this.#running ??= this.#recover().finally(() => (this.#running = undefined));
    await this.#running;
  }

  /** Resolves when no attempt is under way. */
  async stopped(): Promise<void> {
    await this.#running?.catch(() => {});
  }

  async #recover(): Promise<void> {
    const { adopt, current, disk, file } = this.#options;
    await disk.stop();
    const { last } = await disk.call("open", { ...file, distrusted: true });
    if (last < current()) {
      throw new StoreError(
        "Corrupt",
        `Cannot go on with the store: its file ends at revision ${last}, though ${current()} was acknowledged`,
      );
    }
    while (current() < last) {
      const { events } = await disk.call("events", { prefix: "", after: current(), upTo: last });
      const found = readEvents(events);
      if (found.length === 0) throw new StoreError("Corrupt", `Cannot read revisions after ${current()}: they are missing from the file`);
      for (const event of found) adopt(event);
    }
    this.#lost = false;
  }
}
