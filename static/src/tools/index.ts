/** The bar at the top, and what its buttons open. */
export { ClipboardPanel } from "./clipboard-panel";
export { confirm } from "./confirm";
export { Fullscreen } from "./fullscreen";
export { KeysMenu } from "./keys-menu";
export { SharePanel } from "./share-panel";
export { Toolbar } from "./toolbar";
