/** The WebSocket to the desktop, and whether the other side is still there. */
export { Link } from "./link";
