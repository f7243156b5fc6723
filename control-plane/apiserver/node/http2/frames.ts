/** Kinds of frames, by RFC 9113. */
export const frames = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const flags = { endStream: 0x1, acknowledged: 0x1, endHeaders: 0x4, padded: 0x8, priority: 0x20 } as const;

export const settings = { enablePush: 2, mostStreams: 3, initialWindow: 4, largestFrame: 5, longestHead: 6 } as const;

/** Why a stream or a connection ends. */
export const codes = {
  noError: 0,
  protocol: 1,
  internal: 2,
  flowControl: 3,
  streamClosed: 5,
  frameSize: 6,
  refusedStream: 7,
  cancel: 8,
  compression: 9,
  enhanceYourCalm: 11,
} as const;

export type Code = (typeof codes)[keyof typeof codes];

/** With what a client begins. */
export const preface: Buffer = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

export const headBytes = 9;
/** What a frame may carry unless both ends agree on more, which this end never does. */
export const largestFrame = 16_384;
/** What may be sent on a stream, or a connection, before the other end has said anything. */
export const firstWindow = 65_535;
export const largestWindow: number = 2 ** 31 - 1;

/** What makes it impossible to go on with a connection. */
export class ConnectionError extends Error {
  readonly code: Code;

  constructor(code: Code, message: string) {
    super(message);
    this.code = code;
  }
}
