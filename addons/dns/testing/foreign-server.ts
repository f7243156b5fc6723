import type { Resolve } from "../resolver.ts";
import { type Answer, recordTypes, responseCodes } from "../wire/message.ts";
import { isRefusal, readQuery } from "../wire/read.ts";
import { datagramLimit, writeAnswer } from "../wire/write.ts";

/** The world outside of the cluster: it knows `www.example.org` and nothing else. */
export const answerLikeTheWorld: Resolve = async (packet, transport) => {
  const query = readQuery(packet);
  if (isRefusal(query)) return undefined;
  const { name, type } = query.question;
  const isKnown = name === "www.example.org";
  const reply: Answer = {
    code: isKnown ? responseCodes.noError : responseCodes.nameError,
    authoritative: false,
    answers: isKnown && type === recordTypes.A ? [{ name, ttl: 60, type: "A", address: "198.51.100.7" }] : [],
    authority: [],
    additional: [],
  };
  return writeAnswer(query, reply, transport === "udp" ? datagramLimit(query) : 65_535);
};
