/** Keys that browsers or the user's own desktop keep for themselves. */
import type { Keystroke } from "../clients";

const CONTROL: Keystroke = [0xffe3, "ControlLeft"];
const ALT: Keystroke = [0xffe9, "AltLeft"];

export const KEY_LIST: readonly (readonly [label: string, keys: readonly Keystroke[]])[] = [
  ["Ctrl + Alt + Del", [CONTROL, ALT, [0xffff, "Delete"]]],
  ["Alt + Tab", [ALT, [0xff09, "Tab"]]],
  ["Alt + F4", [ALT, [0xffc1, "F4"]]],
  ["Super (Windows)", [[0xffeb, "MetaLeft"]]],
  ["Escape", [[0xff1b, "Escape"]]],
  ["Ctrl + W", [CONTROL, [0x77, "KeyW"]]],
  ["Ctrl + T", [CONTROL, [0x74, "KeyT"]]],
  ["Ctrl + N", [CONTROL, [0x6e, "KeyN"]]],
  ["F11", [[0xffc8, "F11"]]],
  ["Print Screen", [[0xff61, "PrintScreen"]]],
];
