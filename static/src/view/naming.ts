/** The name in texts: "the desktop", or the title of an application. */
import type { PageData } from "../api";

export interface Naming {
  the: string;
  /** At the beginning of a sentence. */
  The: string;
  This: string;
  this: string;
}

const DESKTOP: Naming = { the: "the desktop", The: "The desktop", this: "this desktop", This: "This desktop" };

export function naming({ application, title }: Pick<PageData, "application" | "title">): Naming {
  return application === null ? DESKTOP : { the: title, The: title, this: title, This: title };
}
