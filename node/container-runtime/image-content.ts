/**
 * The content of images as directories of this machine, for volumes that are images.
 *
 * CRI has a mount of that kind, which runtimes learn late (containerd with version 2.1); this is the same by other means.
 */
export interface ImageContent {
  /**
   * Mounts what all layers of an image hold together at an empty directory, read-only. The image must be on this node; it is kept there
   * for `holder`, which is a name of the caller's choosing, until {@link release}. Rejects with a `RuntimeError`.
   */
  mount(image: string, place: { readonly holder: string; readonly path: string }): Promise<void>;
  /** What was mounted for the holder must have been unmounted. Harmless where there is nothing. */
  release(holder: string): Promise<void>;
  /** All that were not released, also of lives before this one. */
  holders(): Promise<readonly string[]>;
}
