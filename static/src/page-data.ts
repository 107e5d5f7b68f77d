export interface PageData {
  session: string;
  backend: string;
  title: string;
  /** The address all others are made from, relative to the page. */
  root: string;
  xsrf: string;
  lab: string | null;
  hub: string | null;
  login: string;
  /** "in" is browser to desktop, "out" is desktop to browser. */
  clipboard: "both" | "in" | "out" | "off";
  version: string;
}

/** What the server tells the script, from the JSON in the page. */
export function readPageData(): PageData {
  const page = JSON.parse(document.querySelector("#page-data")?.textContent ?? "{}") as PageData;
  // Who is inside JupyterLab needs no way back to it.
  return window.parent === window ? page : { ...page, lab: null };
}
