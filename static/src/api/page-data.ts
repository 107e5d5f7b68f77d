/** Data that the server writes into the page for its script. */
import type { Access, Problem } from "./session";

/** The client for one kind of display server; URLs are relative to the page. */
export interface ClientFiles {
  module: string;
  /** Classic scripts that the module needs, in order. */
  scripts: string[];
  problem: Problem | null;
}

/** An option that users choose before a start. */
export interface Field {
  name: string;
  label: string;
  kind: "choice" | "number" | "text";
  value: string;
  choices: string[];
  most: number;
  step: number;
}

/** A place where a desktop can run, and its options. */
export interface Placement {
  name: string;
  label: string;
  fields: Field[];
}

export interface PageData {
  session: string;
  /** The application that the page shows instead of a desktop. */
  application: string | null;
  /** The kind of display server that the page's URL asks for. */
  backend: string | null;
  clients: Record<string, ClientFiles>;
  /** The default place comes first. */
  placements: Placement[];
  title: string;
  /** The share that this page was opened with; null for the desktop's owner. */
  share: string | null;
  /** Highest access that the administrator allows to share; "off" for no sharing. */
  sharing: Access | "off";
  /** Base of all other URLs, relative to the page. */
  root: string;
  xsrf: string;
  lab: string | null;
  hub: string | null;
  login: string;
  /** Directions of the clipboard: "in" is browser to desktop, "out" is desktop to browser. */
  clipboard: { in: boolean; out: boolean };
  /** The worker that shows video; null without video: it is switched off, or the server has no encoder. */
  video: { worker: string } | null;
  version: string;
}

/** Parses the JSON in the page. */
export function readPageData(): PageData {
  const page = JSON.parse(document.querySelector("#page-data")?.textContent ?? "{}") as PageData;
  // Inside JupyterLab, no link back to it is needed.
  return window.parent === window ? page : { ...page, lab: null };
}
