/** Text on its way between the browser's clipboard and the desktop's. */
export { Clipboard } from "./clipboard";
