/** The server's API, the data in the page, and failures. Imports only dom/ from the rest of the page. */
export { Api } from "./api";
export { Failure, type FailureKind } from "./failure";
export { type ClientFiles, type Field, type PageData, type Placement, readPageData } from "./page-data";
export type { Access, Job, Problem, Session, Share, Ticket, Viewer } from "./session";
export type { Region, Size } from "./size";
export { Watch } from "./watch";
