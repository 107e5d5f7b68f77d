/** Data that the server writes into the page for its script. */
import type { Access, Problem } from "./session";

/** What shows the desktops of one kind of display server; addresses are relative to the page. */
export interface ClientFiles {
  module: string;
  /** Classic scripts that the module needs, in their order. */
  scripts: string[];
  problem: Problem | null;
}

/** Something that users choose before a start. */
export interface Field {
  name: string;
  label: string;
  kind: "choice" | "number" | "text";
  value: string;
  choices: string[];
  most: number;
  step: number;
}

/** A place where a desktop may run, and what there is to choose there. */
export interface Placement {
  name: string;
  label: string;
  fields: Field[];
}

export interface PageData {
  session: string;
  /** The application that it is instead of a desktop. */
  application: string | null;
  /** The kind of display server that the page's address asks for. */
  backend: string | null;
  clients: Record<string, ClientFiles>;
  /** Where desktops may run, the usual place first. */
  placements: Placement[];
  title: string;
  /** The share by which this page came to the desktop; null for those whose desktop it is. */
  share: string | null;
  /** What the administrator allows to share a desktop for: to be used, to be looked at, or not at all. */
  sharing: Access | "off";
  /** The address all others are made from, relative to the page. */
  root: string;
  xsrf: string;
  lab: string | null;
  hub: string | null;
  login: string;
  /** Directions of the clipboard: "in" is browser to desktop, "out" is desktop to browser. */
  clipboard: { in: boolean; out: boolean };
  version: string;
}

/** What the server tells the script, from the JSON in the page. */
export function readPageData(): PageData {
  const page = JSON.parse(document.querySelector("#page-data")?.textContent ?? "{}") as PageData;
  // Who is inside JupyterLab needs no way back to it.
  return window.parent === window ? page : { ...page, lab: null };
}
