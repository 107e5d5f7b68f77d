import type { Client, ClientEvents, Keystroke, Secrets } from "./client";
import type { Link } from "./link";
import { Owner } from "./owner";
import type { Problem } from "./session";
import { DesktopWindow } from "./xpra/desktop-window";
import { unfitness } from "./xpra/fitness";
import { Html5Client } from "./xpra/html5-client";
import { Keyboard } from "./xpra/keyboard";
import { pixelAt } from "./xpra/place";
import { RemotePointer } from "./xpra/remote-pointer";
import { Selections } from "./xpra/selections";
import { Transport } from "./xpra/transport";

const nothing = (): void => undefined;

/** A desktop spoken to in Xpra's protocol, through the HTML5 client that the system has. */
class Xpra implements Client {
  readonly canvas = document.createElement("canvas");
  private readonly owner = new Owner();
  private readonly client: Html5Client;
  private readonly keyboard: Keyboard;
  private readonly selections: Selections;
  private window: DesktopWindow | null = null;

  constructor(
    private readonly screen: HTMLElement,
    link: Link,
    secrets: Secrets,
    private readonly events: ClientEvents,
  ) {
    const client = (this.client = new Html5Client(screen, secrets, {
      ...events,
      mouse: (event) => this.mouse(event),
      open: (...opened) => {
        this.open(...opened);
      },
    }));
    this.keyboard = new Keyboard(client, () => this.window?.wid ?? 0);
    this.selections = new Selections(client, (text) => {
      events.clipboard(text);
    });
    this.listen();
    if (secrets.access === "full") this.keyboard.listen(this.canvas);
    else new RemotePointer(client, this.canvas, screen, this.owner);
    client.protocol = new Transport(link, () => {
      // With the wrong key, nothing makes sense.
      if (!client.connected) events.refused();
    });
    client.open_protocol();
  }

  follow(on: boolean): void {
    const { clientWidth: width, clientHeight: height } = this.screen;
    if (on && (this.canvas.width !== width || this.canvas.height !== height)) this.events.wantsSize({ width, height });
  }

  offer(text: string, now: boolean): void {
    this.selections.offer(text, now);
  }

  press(keys: readonly Keystroke[]): void {
    this.keyboard.press(keys);
  }

  dispose(): void {
    this.owner.dispose();
    this.client.end();
  }

  private mouse({ clientX, clientY, button }: MouseEvent): XpraMouse {
    const { width, height } = this.canvas;
    return { ...pixelAt(clientX, clientY, this.canvas.getBoundingClientRect(), width, height), button: button + 1 };
  }

  private listen(): void {
    const { canvas, owner } = this;
    owner.listen(canvas, "contextmenu wheel", (event) => { event.preventDefault(); }, { passive: false });
    owner.listen(canvas, "mousedown", () => { canvas.focus({ preventScroll: true }); });
    owner.listen<PointerEvent>(canvas, "pointerdown", ({ pointerId }) => { canvas.setPointerCapture(pointerId); });
    // What was held back while the clipboard was read comes by way of the window.
    owner.listen<MouseEvent>(window, "mouseup", (event) => {
      if (event.target === window) this.window?.on_mouseup(event);
    });
  }

  /** The one window of a desktop has a canvas that lives as long as this client. */
  private open(id: number, w: number, h: number, metadata: object, overridesRedirect: boolean, properties: object): void {
    const { client, canvas, events } = this;
    const frame = document.createElement("div");
    frame.id = String(id);
    frame.append(canvas);
    this.screen.append(frame);
    if (canvas.width !== w) canvas.width = w;
    if (canvas.height !== h) canvas.height = h;
    const opened = (this.window = new DesktopWindow(
      ...[client, canvas, id, 0, 0, w, h, metadata, overridesRedirect, false, properties, nothing] as const,
      ...[client._window_mouse_move, client._window_mouse_down, client._window_mouse_up] as const,
      ...[client._window_mouse_scroll, client._window_set_focus, nothing] as const,
    ));
    opened.onsize = () => {
      events.resized({ width: canvas.width, height: canvas.height });
    };
    client.id_to_window[id] = opened;
    client.connected = true;
    client.send(["map-window", id, 0, 0, w, h, client._get_client_properties(opened)]);
    client._window_set_focus(opened);
    events.connected();
    opened.onsize();
  }
}

export function unfit({ key }: Secrets): Problem | null {
  return unfitness({
    version: Utilities.VERSION,
    encrypted: key !== null,
    webCrypto: isSecureContext,
    ownCipher: typeof forge !== "undefined",
  });
}

export function open(screen: HTMLElement, link: Link, secrets: Secrets, events: ClientEvents): Client {
  return new Xpra(screen, link, secrets, events);
}
