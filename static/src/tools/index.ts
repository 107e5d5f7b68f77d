/** The toolbar, and the panels and menus of its buttons. */
export { ClipboardPanel } from "./clipboard-panel";
export { confirm } from "./confirm";
export { Fullscreen } from "./fullscreen";
export { KeysMenu } from "./keys-menu";
export { SharePanel } from "./share-panel";
export { Toolbar } from "./toolbar";
