/** Starting the session, connecting and reconnecting, until the session has ended. */
export { listenToBrowser } from "./browser-events";
export type { Connection } from "./connection";
export { Life } from "./life";
export type { CardContent, LifeState, NoticeContent, Way } from "./state";
