/** From the start of the page until there is nothing to connect to any more. */
export type { Connection } from "./connection";
export { Life } from "./life";
export { Retry } from "./retry";
