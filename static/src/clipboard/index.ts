/** Keeps the clipboards of browser and desktop the same. */
export { Clipboard } from "./clipboard";
