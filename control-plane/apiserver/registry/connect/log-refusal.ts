import { badRequest, beginningOfBody, type Dialer, internalError, StatusError, type StatusReason } from "@kubets/machinery";

/** Characters. More is nobody's error message. */
const longestText = 50_000;

/** A dialer that throws what a kubelet refuses, as the Status by which clients know it: kubelets say it in plain text. */
export function refusingLogs(dialer: Dialer, pod: string): Dialer {
  return {
    ...dialer,
    async request(target, request, signal) {
      const answer = await dialer.request(target, request, signal);
      if (answer.status >= 200 && answer.status <= 206) return answer;
      throw refusalOf(answer.status, await beginningOfBody(answer.body, longestText), pod);
    },
  };
}

// The texts are upstream's, where nothing stands for the verb either.
function refusalOf(code: number, text: string, pod: string): StatusError {
  if (code === 400) return badRequest(text);
  const known = reasons[code];
  if (known === undefined) return internalError(text);
  const [reason, message] = known;
  return new StatusError(code, reason, `${message} ( pods/log ${pod})`, { details: { name: pod, kind: "pods/log" } });
}

const reasons: Readonly<Record<number, readonly [StatusReason, string]>> = {
  401: ["Unauthorized", "the server has asked for the client to provide credentials"],
  403: ["Forbidden", "the server does not allow access to the requested resource"],
  404: ["NotFound", "the server could not find the requested resource"],
  405: ["MethodNotAllowed", "the server does not allow this method on the requested resource"],
  503: ["ServiceUnavailable", "the server is currently unable to handle the request"],
};
