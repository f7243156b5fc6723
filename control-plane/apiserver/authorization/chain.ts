import type { Authorizer, Verdict } from "../contracts.ts";
import { systemGroups } from "../authentication/users.ts";

/** Asks one after the other; the first that allows or denies decides. Who has no opinion adds its reason to the refusal. */
export function authorizerChain(authorizers: readonly Authorizer[]): Authorizer {
  return {
    name: authorizers.map((each) => each.name).join(","),
    async authorize(attributes) {
      const reasons: string[] = [];
      for (const authorizer of authorizers) {
        const verdict = await authorizer.authorize(attributes);
        if (verdict.decision !== "no opinion") return verdict;
        if (verdict.reason !== "") reasons.push(verdict.reason);
      }
      return { decision: "no opinion", reason: reasons.join("\n") };
    },
  };
}

/** Members of `system:masters` may do everything, whatever the roles say: the way back in when they are wrong. */
export function systemMasters(): Authorizer {
  return {
    name: "SystemMasters",
    authorize: ({ user }) => Promise.resolve(user.groups.includes(systemGroups.masters) ? allowed : noOpinion),
  };
}

/** Everybody may do everything. */
export function alwaysAllow(): Authorizer {
  return { name: "AlwaysAllow", authorize: () => Promise.resolve(allowed) };
}

export const allowed: Verdict = { decision: "allow", reason: "" };
export const noOpinion: Verdict = { decision: "no opinion", reason: "" };
