import { list, listOf, map, object, type Schema, string, text } from "@kubets/machinery";

/** Who a user is, as authentication has it. */
export interface AuthenticationV1UserInfo {
  readonly username?: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

export const authenticationV1UserInfo: Schema<AuthenticationV1UserInfo> = object<AuthenticationV1UserInfo>(
  "io.k8s.api.authentication.v1.UserInfo",
  "Who a user is, as authentication has it.",
  {
    username: text({ field: 1, doc: "The name that is unique among all users." }),
    uid: text({ field: 2, doc: "An id that is unique for all time." }),
    groups: list(string, { field: 3, listType: "atomic", doc: "The groups that the user belongs to." }),
    extra: map(listOf(string), { field: 4, doc: "What else the authenticator says of the user." }),
  },
);
