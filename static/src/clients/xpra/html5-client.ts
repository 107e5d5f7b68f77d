/** Xpra's HTML5 client, with what it would do to the page switched off. */
import type { Size } from "../../api";
import type { Secrets } from "../client";
import { WESTERN } from "./keys/layouts";
import { Selections } from "./selections";
import { MARGINS } from "./windows/frame";

const nothing = (): void => undefined;

/** What would bring menus, trays, sound, files, web pages and notifications of Xpra's into our page. */
const UNWANTED = "send-file open-url notify_show notify_close new-tray sound-data setting-change info-response bell startup-complete";

/** With the same one, the server lets a new connection replace the one before. */
const PAGE = crypto.getRandomValues(new Uint32Array(4)).join("-");

/** What it works for. */
export interface Hooks {
  refused(): void;
  broken(): void;
  /** Where the pointer is, on the desktop. */
  mouse(event: MouseEvent): XpraMouse;
  /** The server lets it in, and shows a whole desktop or the windows of programs; `size` is the X screen's. */
  greeted(desktop: boolean, size: Size): void;
}

/** X11's numbers of "back" and "forward"; the ones between are the wheel's. */
const BUTTONS: Record<number, number> = { 4: 8, 5: 9 };

type Greeting = [type: string, capabilities: { desktop_size?: [number, number] }];

/** Of windows, what is told: as the client has it, and where a program wants its window to be. */
const METADATA = [
  ...["title", "window-type", "transient-for", "modal", "decorations", "size-hints", "set-initial-position"],
  ...["iconic", "maximized", "fullscreen", "above", "below", "has-alpha", "override-redirect", "class-instance"],
];

/** As _NET_FRAME_EXTENTS has it (EWMH). */
const FRAME = [MARGINS.left, MARGINS.right, MARGINS.top, MARGINS.bottom];

// It would make an AudioContext for each connection; browsers allow a few.
Utilities.getAudioContext = () => null;

/** Xpra's HTML5 client, without the page that it comes with. */
export class Html5Client extends XpraClient {
  constructor(
    screen: HTMLElement,
    private readonly secrets: Secrets,
    /** None at the end: the screen goes on holding the client itself, but not what it worked for. */
    private hooks: Hooks | null,
  ) {
    super(screen.id);
    jQuery(window).off("resize");
    jQuery(screen).off("mousedown mouseup mousemove");
    // The client finds itself and its list of windows under these names.
    Object.assign(window, { client: this, addWindowListItem: nothing, removeWindowListItem: nothing });
    Object.assign(this, {
      ...{ host: location.hostname, port: "", path: "", ssl: location.protocol === "https:" },
      ...{ password: secrets.password, insecure: false, sharing: true, steal: true, uuid: PAGE },
      ...{ encryption: secrets.key === null ? false : "AES", encryption_key: secrets.key },
      ...{ reconnect: false, remote_logging: false, open_url: false, clipboard_enabled: true, swap_keys: false },
      ...{ num_lock_modifier: null, alt_modifier: null, meta_modifier: null, altgr_modifier: null },
      ...{ control_modifier: "control", altgr_state: false, capture_keyboard: true, keyboard_layout: WESTERN },
      // Its listener for the wheel stays on the screen for ever; the windows have their own.
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
    // The windows stay as they are for the picture that is shown meanwhile.
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

  /** At once, as the keys are sent: those that were held back while the clipboard was read follow each other closely. */
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

  /** The client itself sends no input where it takes the server for one that is read-only. */
  private get looksOn(): boolean {
    return this.secrets.access === "view";
  }
}
