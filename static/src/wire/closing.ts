/** Codes with which the bridge closes a WebSocket, from the range for private use (RFC 6455, section 7.4.2). */
export const CLOSING = {
  SESSION_ENDED: 4000,
  TAKEN_OVER: 4001,
  /** The owner of the desktop has ended this connection. */
  ENDED: 4002,
  NOT_AUTHORISED: 4003,
} as const;
