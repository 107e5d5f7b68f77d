/** Xpra's HTML5 client, adapted to this page. */
import type { Size } from "../../api";
import type { Secrets } from "../client";
import { WESTERN } from "./keys/layouts";
import { Selections } from "./selections";
import { MARGINS } from "./windows/frame";

const nothing = (): void => undefined;

/** Packets for Xpra's menus, trays, sound, files, web pages and notifications. */
const UNWANTED = "send-file open-url notify_show notify_close new-tray sound-data setting-change info-response bell startup-complete";

/** Client id: a new connection with the same id replaces the one before. */
const PAGE = crypto.getRandomValues(new Uint32Array(4)).join("-");

/** Callbacks of the client. */
export interface Hooks {
  refused(): void;
  broken(): void;
  /** Position of the pointer on the desktop. */
  mouse(event: MouseEvent): XpraMouse;
  /** The server has accepted the client. `desktop`: it shows a whole desktop, not programs' windows. `size`: of the X screen. */
  greeted(desktop: boolean, size: Size): void;
}

/** X11's numbers of the buttons "back" and "forward"; 4 to 7 are the wheel's. */
const BUTTONS: Record<number, number> = { 4: 8, 5: 9 };

type Greeting = [type: string, capabilities: { desktop_size?: [number, number] }];

/** Properties of windows that the server sends: the client's own list, and the position that a program asks for. */
const METADATA = [
  ...["title", "window-type", "transient-for", "modal", "decorations", "size-hints", "set-initial-position"],
  ...["iconic", "maximized", "fullscreen", "above", "below", "has-alpha", "override-redirect", "class-instance"],
];

/** In the order of _NET_FRAME_EXTENTS (EWMH). */
const FRAME = [MARGINS.left, MARGINS.right, MARGINS.top, MARGINS.bottom];

// The client would create an AudioContext for each connection; browsers allow only a few.
Utilities.getAudioContext = () => null;

/** Xpra's HTML5 client, without its own page. */
export class Html5Client extends XpraClient {
  constructor(
    screen: HTMLElement,
    private readonly secrets: Secrets,
    /** Null after the end: the screen still refers to the client, but no longer to these. */
    private hooks: Hooks | null,
  ) {
    super(screen.id);
    jQuery(window).off("resize");
    jQuery(screen).off("mousedown mouseup mousemove");
    // The client finds itself and its list of windows by these global names.
    Object.assign(window, { client: this, addWindowListItem: nothing, removeWindowListItem: nothing });
    Object.assign(this, {
      ...{ host: location.hostname, port: "", path: "", ssl: location.protocol === "https:" },
      ...{ password: secrets.password, insecure: false, sharing: true, steal: true, uuid: PAGE },
      ...{ encryption: secrets.key === null ? false : "AES", encryption_key: secrets.key },
      ...{ reconnect: false, remote_logging: false, open_url: false, clipboard_enabled: true, swap_keys: false },
      ...{ num_lock_modifier: null, alt_modifier: null, meta_modifier: null, altgr_modifier: null },
      ...{ control_modifier: "control", altgr_state: false, capture_keyboard: true, keyboard_layout: WESTERN },
      // The client's wheel listener stays on the screen for ever; windows have their own.
      ...{ on_mousescroll: nothing, _poll_clipboard: nothing, request_redraw: nothing, clog: nothing, log: nothing },
    });
    this.supported_encodings = ["rgb32", "png", "jpeg", "webp", "scroll"];
    this.init_packet_handlers();
  }

  override init_packet_handlers(): void {
    super.init_packet_handlers();
    const { packet_handlers: handlers } = this;
    for (const type of UNWANTED.split(" ")) handlers[type] = nothing;
    const greeted = handlers["hello"];
    handlers["hello"] = (packet, context) => {
      greeted?.(packet, context);
      this.server_readonly ||= this.looksOn;
      const [, { desktop_size: [width, height] = [0, 0] }] = packet as Greeting;
      this.hooks?.greeted(this.server_is_desktop, { width, height });
    };
    // The windows stay, for the picture that is shown until the page has reconnected.
    handlers["close"] = handlers["error"] = () => {
      this.hooks?.broken();
    };
    handlers["disconnect"] = ([, ...reasons]: XpraPacket) => {
      if (!this.connected && /authentication|password|encryption|challenge/i.test(reasons.join(" "))) this.hooks?.refused();
      else this.hooks?.broken();
    };
  }

  override callback_close(): void {
    this.hooks?.broken();
  }

  override getMouse(event: MouseEvent): XpraMouse {
    return this.hooks?.mouse(event) ?? { x: 0, y: 0, button: 0 };
  }

  override _make_hello_base(): void {
    super._make_hello_base();
    Object.assign(this.capabilities, { "argv": ["jupyter-desktop"], "open-url": false, "xdg-menu-update": false, "setting-change": false });
  }

  override _make_hello(): void {
    super._make_hello();
    // The page asks for its size when it is connected.
    delete this.capabilities["desktop_mode_size"];
    delete this.capabilities["desktop_size"];
    delete this.capabilities["screen_sizes"];
    Object.assign(this.capabilities, {
      ...{ "metadata.supported": METADATA, "window.frame_sizes": { frame: FRAME } },
      ...{ "notifications": false, "system_tray": false, "bell": false, "printing": false, "file-transfer": false },
      ...{ "sound.receive": false, "sound.send": false, "encoding.scrolling": true, "auto_refresh_delay": 150 },
      ...(this.looksOn ? { "clipboard": false } : Selections.capabilities),
    });
  }

  /** Sends at once, like keys: clicks that were held back while the clipboard was read follow each other closely. */
  override do_window_mouse_click(event: MouseEvent, window: XpraWindow | null, pressed: boolean): void {
    if (this.server_readonly || this.mouse_grabbed || !this.connected) return;
    const { x, y, button } = this.getMouse(event);
    const place = [Math.round(x), Math.round(y)];
    this.send(["button-action", window?.wid ?? 0, BUTTONS[button] ?? button, pressed, place, this._keyb_get_modifiers(event), []]);
  }

  end(): void {
    this.connected = false;
    this.clear_timers();
    this.close_protocol();
    this.close_windows();
    this.hooks = null;
    this.id_to_window = {};
    this.packet_handlers = {};
    this.mousedown_event = null;
  }

  /** View-only: the client sends no input, since it takes the server for a read-only one. */
  private get looksOn(): boolean {
    return this.secrets.access === "view";
  }
}
