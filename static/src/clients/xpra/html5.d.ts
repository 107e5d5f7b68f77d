/** The part of Xpra's HTML5 client 3 that this page uses. Its scripts, which the server names, define these globals. */

type XpraPacket = [type: string, ...content: unknown[]];

interface XpraMouse {
  x: number;
  y: number;
  /** Counted from 1. */
  button: number;
}

type XpraMouseHandler = (client: XpraClient, event: MouseEvent, window: XpraWindow) => void;

declare class XpraProtocol {
  websocket: object | null;
  rQ: Uint8Array[];
  sQ: XpraPacket[];
  packet_handler: (packet: XpraPacket, context: XpraClient) => void;
  packet_ctx: XpraClient;
  open(address: string): void;
  send(packet: XpraPacket): void;
  error(...what: unknown[]): void;
  process_receive_queue(): void;
  process_send_queue(): void;
  set_cipher_in(cipher: import("./wire/cipher").Cipher, key: string): void;
}

declare class XpraClient {
  constructor(id: string);
  protocol: XpraProtocol | null;
  packet_handlers: Record<string, (packet: never, context: XpraClient) => void>;
  capabilities: Record<string, unknown>;
  id_to_window: Record<string, XpraWindow>;
  server_is_desktop: boolean;
  server_readonly: boolean;
  connected: boolean;
  /** The user moves or resizes a window. */
  mouse_grabbed: boolean;
  focus: number;
  mousedown_event: object | null;
  altgr_modifier: string | null;
  supported_encodings: string[];
  RGB_FORMATS: string[];
  readonly _window_mouse_move: XpraMouseHandler;
  readonly _window_mouse_down: XpraMouseHandler;
  readonly _window_mouse_up: XpraMouseHandler;
  readonly _window_mouse_scroll: XpraMouseHandler;
  _window_set_focus(window: XpraWindow): void;
  send(packet: XpraPacket): void;
  init_packet_handlers(): void;
  open_protocol(): void;
  close_protocol(): void;
  close_windows(): void;
  clear_timers(): void;
  translate_modifiers(modifiers: string[]): string[];
  _keyb_get_modifiers(event: UIEvent): string[];
  do_window_mouse_move(event: MouseEvent, window: XpraWindow | null): void;
  do_window_mouse_click(event: MouseEvent, window: XpraWindow | null, pressed: boolean): void;
  getMouse(event: MouseEvent): XpraMouse;
  send_clipboard_string(request: number, selection: string, bytes: string, type: string): void;
  callback_close(reason?: string): void;
  _make_hello_base(): void;
  _make_hello(): void;
  _get_client_properties(window: XpraWindow): object;
}

declare class XpraWindow {
  constructor(
    client: XpraClient,
    canvas: HTMLCanvasElement,
    id: number,
    x: number,
    y: number,
    w: number,
    h: number,
    metadata: object,
    overridesRedirect: boolean,
    tray: boolean,
    properties: object,
    onGeometry: (window: XpraWindow) => void,
    onMouseMove: XpraMouseHandler,
    onMouseDown: XpraMouseHandler,
    onMouseUp: XpraMouseHandler,
    onMouseScroll: XpraMouseHandler,
    onFocus: (window: XpraWindow) => void,
    onClose: (window: XpraWindow) => void,
  );
  client: XpraClient;
  wid: number;
  override_redirect: boolean;
  w: number;
  h: number;
  canvas: HTMLCanvasElement;
  canvas_ctx: CanvasRenderingContext2D;
  offscreen_canvas: HTMLCanvasElement;
  offscreen_canvas_ctx: CanvasRenderingContext2D;
  paint_pending: number;
  may_paint_now(): void;
  _init_2d_canvas(): void;
  swap_buffers(): void;
  draw(): void;
  updateCanvasGeometry(): void;
  updateCSSGeometry(): void;
  screen_resized(): void;
  update_metadata(): void;
  destroy(): void;
  do_paint(...what: XpraPaint): void;
  on_mouseup(event: MouseEvent): void;
}

type XpraPaint = [
  x: number,
  y: number,
  width: number,
  height: number,
  encoding: string,
  data: Uint8Array<ArrayBuffer> | number[],
  sequence: number,
  rowstride: number,
  options: object,
  done: (error?: string) => void,
];

declare const Utilities: { VERSION: string; getAudioContext: () => null };
/** X11's keysym names, by character. */
declare const CHAR_TO_NAME: Record<string, string>;
declare const jQuery: (what: Element | Window) => { off(events: string): void };
declare const forge: object | undefined;
