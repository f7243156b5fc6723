import { formatTime } from "@kubets/machinery";
import type { Command } from "../command-line/command.ts";
import { CommandError, SaidError } from "../errors.ts";
import { listAt, objectAt, textAt } from "../json-object.ts";
import { eachOf } from "./make-object.ts";

const root = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
const outcomes = {
  approve: {
    type: "Approved",
    other: "Denied",
    reason: "KubectlApprove",
    message: "This CSR was approved by kubectl certificate approve.",
    said: "approved",
  },
  deny: {
    type: "Denied",
    other: "Approved",
    reason: "KubectlDeny",
    message: "This CSR was denied by kubectl certificate deny.",
    said: "denied",
  },
} as const;

/** `certificate approve NAME…`, `certificate deny NAME…`. */
export const certificate: Command = {
  flags: [{ name: "force", takes: "nothing" }],
  async run(invocation) {
    const [verb, ...names] = invocation.args;
    if (verb !== "approve" && verb !== "deny")
      throw new CommandError(`unknown command "${verb ?? ""}" for "kubectl certificate": it is approve or deny`);
    if (names.length === 0) throw new CommandError("one or more CSRs must be specified as <name> or -f <filename>");
    const { type, other, reason, message, said } = outcomes[verb];
    const { api } = await invocation.connect();
    const wentWell = await eachOf(names, invocation, async (word) => {
      const name = word.split("/").at(-1)!;
      const request = await api.request({ method: "GET", path: `${root}/${encodeURIComponent(name)}` });
      const conditions = listAt(request, "status", "conditions");
      if (conditions.some((each) => textAt(each, "type") === other))
        throw new CommandError(`certificate signing request "${name}" is already ${other}`);
      if (!conditions.some((each) => textAt(each, "type") === type) || invocation.flags.is("force")) {
        const decided = { type, status: "True", reason, message, lastUpdateTime: formatTime(invocation.clock.now()) };
        const kept = conditions.filter((each) => textAt(each, "type") !== type);
        const body = { ...request, status: { ...objectAt(request, "status"), conditions: [...kept, decided] } };
        await api.request({ method: "PUT", path: `${root}/${encodeURIComponent(name)}/approval`, body });
      }
      invocation.io.out(`certificatesigningrequest.certificates.k8s.io/${name} ${said}\n`);
    });
    if (!wentWell) throw new SaidError();
  },
};
