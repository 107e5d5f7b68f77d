/** The client for VNC: RFB (RFC 6143), with noVNC. */
import RFB from "@novnc/novnc";
import type { Size } from "../../api";
import type { Link } from "../../wire";
import type { Client, ClientEvents, Keystroke, Secrets, Updates } from "../client";
import { VncUpdates } from "./updates";

/** Longer texts wait until a program on the desktop asks for them. */
const PROVIDED_AT_ONCE = 65_536;
/** Extended clipboard pseudo-encoding (rfbproto): the format for text, and the action that sends it. */
const TEXT = 1;
const PROVIDE = 1 << 28;

/** Offset of the keysyms of characters beyond Latin-1 (X11 protocol, appendix A). */
const UNICODE = 0x01000000;

/**
 * Sends keys by keysym alone (RFC 6143). To servers with QEMU's extended key events noVNC also sends the physical key, and
 * some of them (TurboVNC) type the character that it has on an American keyboard.
 */
class KeysymRfb extends RFB {
  override sendKey(keysym: number, _code: string, down?: boolean): void {
    super.sendKey(keysym, "", down);
  }
}

/** A connection of noVNC. */
class Vnc implements Client {
  readonly element: HTMLCanvasElement;
  readonly updates: Updates | undefined;
  private readonly rfb: RFB;
  private readonly sizes: MutationObserver;
  /** noVNC has disconnected. */
  private over = false;

  constructor(screen: HTMLElement, link: Link, { password, access }: Secrets, events: ClientEvents) {
    this.rfb = new KeysymRfb(screen, link, { shared: true, credentials: { password } });
    this.rfb.background = "transparent";
    this.rfb.scaleViewport = true;
    this.rfb.focusOnClick = false;
    this.rfb.viewOnly = access === "view";
    this.element = screen.querySelector("canvas") ?? document.createElement("canvas");
    this.updates = VncUpdates.of(this.rfb, RFB.messages, () => this.size());
    // noVNC has no event for changes of the desktop's size, but its canvas always has that size.
    this.sizes = new MutationObserver(() => {
      events.resized(this.size());
    });
    this.sizes.observe(this.element, { attributeFilter: ["width", "height"] });
    this.listen(events);
  }

  picture(): HTMLCanvasElement {
    return this.element;
  }

  size(): Size {
    const { width, height } = this.element;
    return { width, height };
  }

  follow(on: boolean): void {
    // Setting true once more would send another request.
    if (this.rfb.resizeSession !== on) this.rfb.resizeSession = on;
  }

  offer(text: string, now: boolean): void {
    this.rfb.clipboardPasteFrom(text);
    if (now) this.provide(text);
  }

  /** noVNC has no public method to send a text unasked, but its internal ones can. */
  provide(text: string): void {
    const { _sock, _clipboardServerCapabilitiesActions: can } = this.rfb;
    if (can[PROVIDE] !== true || text.length > PROVIDED_AT_ONCE) return;
    RFB.messages.extendedClipboardProvide(_sock, [TEXT], [text]);
  }

  key(event: KeyboardEvent): void {
    const { key } = event;
    // noVNC supports only characters of one UTF-16 unit.
    if (/^[^\0-\uffff]$/u.test(key)) this.rfb.sendKey(UNICODE + (key.codePointAt(0) ?? 0), "", event.type === "keydown");
    else this.element.dispatchEvent(event);
  }

  press(keys: readonly Keystroke[]): void {
    for (const [keysym, code] of keys) this.rfb.sendKey(keysym, code, true);
    for (const [keysym, code] of [...keys].reverse()) this.rfb.sendKey(keysym, code, false);
  }

  dispose(): void {
    this.sizes.disconnect();
    if (!this.over) this.rfb.disconnect();
  }

  private listen(events: ClientEvents): void {
    this.rfb.addEventListener("connect", () => {
      events.connected();
    });
    this.rfb.addEventListener("disconnect", () => {
      this.over = true;
      events.broken();
    });
    this.rfb.addEventListener("securityfailure", () => {
      events.refused();
    });
    this.rfb.addEventListener("clipboard", (event) => {
      events.clipboard((event as CustomEvent<{ text: string }>).detail.text);
    });
  }
}

export function open(screen: HTMLElement, link: Link, secrets: Secrets, events: ClientEvents): Client {
  return new Vnc(screen, link, secrets, events);
}
