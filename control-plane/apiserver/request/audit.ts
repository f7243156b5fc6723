import type { Instant, Request, UserInfo } from "@kubets/machinery";
import type { RequestInfo } from "../contracts.ts";

/** One request, as an audit log keeps it. */
export interface AuditEvent {
  readonly id: string;
  readonly stage: "RequestReceived" | "ResponseComplete" | "Panic";
  readonly request: Request;
  readonly info: RequestInfo;
  readonly user: UserInfo;
  /** Whom the user acts as, when not as itself. */
  readonly impersonated?: UserInfo;
  readonly received: Instant;
  readonly at: Instant;
  /** Of the answer; absent when there is none yet. */
  readonly code?: number;
}

/** Where audit events go. Policies and backends stand behind it. */
export interface AuditSink {
  record(event: AuditEvent): void;
}

/** The header that carries the request's id, of the client's choosing or ours. */
export const auditIdHeader = "audit-id";
