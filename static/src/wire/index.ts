/** The WebSocket to the desktop, why it closes, and whether the other side is still there. */
export { CLOSING } from "./closing";
export { Link } from "./link";
