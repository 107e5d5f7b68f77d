/** The WebSocket to the desktop, its closing codes, and the check whether it is alive. */
export { CLOSING } from "./closing";
export { Link } from "./link";
