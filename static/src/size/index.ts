/** The size of the desktop, which follows the window. */
export { Sizing } from "./sizing";
