/** From the start of the page until there is nothing to connect to any more. */
export { listenToBrowser } from "./browser-events";
export type { Connection } from "./connection";
export { Life } from "./life";
export type { CardContent, LifeState, NoticeContent, Way } from "./state";
