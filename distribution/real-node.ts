/** Why this machine and user can't run real containers; `undefined` when they can. Completes "No real node: …". */
export function whyNoRealNode({
  platform = process.platform,
  uid = process.getuid?.(),
}: { readonly platform?: string; readonly uid?: number } = {}): string | undefined {
  if (platform !== "linux") return `containers need Linux, and this is ${platform}`;
  if (uid !== 0) return "containers need root, and this is another user (sudo npm start)";
  return undefined;
}
