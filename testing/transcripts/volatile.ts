/**
 * Makes what a command said the same from run to run: names that chance gave, times that the machine's clock gave, ports and folders.
 * What it puts in their place is as long as what was there, wherever a table's columns could depend on it.
 */
export interface Volatile {
  /** `https://127.0.0.1:PORT`. */
  readonly server: string;
  readonly folder: string;
  /** When the cluster's clock began, in milliseconds since 1970. Transcripts tell of a cluster that began with the year 2026. */
  readonly began: number;
  /** The machine's time. */
  readonly now: number;
}

const toldStart = Date.UTC(2026, 0, 1);
const day = 86_400_000;

export function withoutChance(text: string, { server, folder, began, now }: Volatile): string {
  const told = (instant: number): number | undefined =>
    instant >= began && instant < began + 10 * day ? instant - began + toldStart : undefined;
  return (
    text
      .replaceAll(server, "https://SERVER")
      .replaceAll(new URL(server).host, "SERVER")
      .replaceAll(folder, "FOLDER")
      .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "00000000-0000-0000-0000-000000000000")
      // Colours, which kubectl 1.27 gives to files too, and the heads of log lines.
      // oxlint-disable-next-line no-control-regex
      .replaceAll(/\u001B\[[\d;]*m/g, "")
      .replaceAll(/^([IWEF])\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ /gm, "$1 ")
      .replaceAll(/\b[0-9a-f]{64}\b/g, "HASH")
      // The number of a machine.
      .replaceAll(/\b[0-9a-f]{32}\b/g, "0".repeat(32))
      .replaceAll(/(\/(?:LIVE|MERGED|kubectl-edit)-)\d+/g, "$1NUMBER")
      .replaceAll(/\t\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ [+-]\d{4}$/gm, "\tNOW")
      .replaceAll(/^(Client|Kustomize) Version: .*$/gm, "$1 Version: CLIENT")
      .replaceAll(/between client \(1\.\d+\)/g, "between client (CLIENT)")
      .replaceAll(/\beyJ[\w-]+\.[\w-]+\.[\w-]+/g, "TOKEN")
      .replaceAll(/(resourceVersion\\?"?: ?\\?")\d+/g, "$1REVISION")
      .replaceAll(/-[bcdfghjklmnpqrstvwxz2456789]{5}\b(?!-)/g, "-xxxxx")
      .replaceAll(/\b10\.96\.0\.\d{3}\b/g, "10.96.0.xxx")
      .replaceAll(/"nodePort":3[0-2]\d{3}\b/g, '"nodePort":3xxxx')
      .replaceAll(/\b3[0-2]\d{3}(?=\/TCP|\/UDP|\n|,)/g, "3xxxx")
      .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)/g, (time, fraction: string | undefined) => {
        const instant = told(Date.parse(time));
        if (instant !== undefined) return `${new Date(instant).toISOString().slice(0, 19)}${fraction ?? ""}Z`;
        return Math.abs(Date.parse(time) - now) < day ? "NOW" : time;
      })
      .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000 UTC/g, (time) => {
        const instant = told(Date.parse(time.replace(" +0000 UTC", "Z")));
        return instant === undefined ? time : `${new Date(instant).toISOString().slice(0, 19).replace("T", " ")} +0000 UTC`;
      })
      .replaceAll(/[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d (\+0000|UTC|GMT)/g, (time, zone: string) => {
        const instant = told(Date.parse(time));
        return instant === undefined ? time : new Date(instant).toUTCString().replace("GMT", zone);
      })
  );
}
