/** The client for Xpra, with the HTML5 client that is installed on the system. */
import type { Problem, Size } from "../../api";
import { Owner } from "../../dom/owner";
import type { Link } from "../../wire";
import type { Client, ClientEvents, Keystroke, Secrets } from "../client";
import { unfitness } from "./fitness";
import { Html5Client } from "./html5-client";
import { KeySender } from "./keys/key-sender";
import { RemotePointer } from "./remote-pointer";
import { Selections } from "./selections";
import type { Desk } from "./windows/desk";
import { Seamless } from "./windows/seamless";
import { WholeDesktop } from "./windows/whole-desktop";
import { Transport } from "./wire/transport";

const NOTHING: Size = { width: 0, height: 0 };

class Xpra implements Client {
  private readonly owner = new Owner();
  private readonly client: Html5Client;
  private readonly keys: KeySender;
  private readonly selections: Selections;
  /** Null until the server's greeting, which decides its kind. */
  private desk: Desk | null = null;

  constructor(
    private readonly screen: HTMLElement,
    link: Link,
    private readonly secrets: Secrets,
    private readonly events: ClientEvents,
  ) {
    const client = (this.client = new Html5Client(screen, secrets, {
      ...events,
      mouse: (event) => ({ ...(this.desk?.pointer(event) ?? { x: 0, y: 0 }), button: event.button + 1 }),
      greeted: (desktop, size) => {
        this.greeted(desktop, size);
      },
    }));
    this.keys = new KeySender(client, {
      focused: () => this.desk?.focused ?? 0,
      takes: (...key) => this.desk?.takes(...key) ?? false,
    });
    this.selections = new Selections(client, (text) => {
      events.clipboard(text);
    });
    client.protocol = new Transport(link, () => {
      // With a wrong key, all data is invalid.
      if (!client.connected) events.refused();
    });
    client.open_protocol();
  }

  get element(): HTMLElement {
    return this.desk?.element ?? this.screen;
  }

  picture(): HTMLCanvasElement | null {
    return this.desk?.picture() ?? null;
  }

  size(): Size {
    return this.desk?.size() ?? NOTHING;
  }

  follow(on: boolean): void {
    const { clientWidth: width, clientHeight: height } = this.screen;
    const now = this.size();
    if (on && (now.width !== width || now.height !== height)) this.events.wantsSize({ width, height });
  }

  offer(text: string, now: boolean): void {
    this.selections.offer(text, now);
  }

  provide(): void {
    this.selections.provide();
  }

  key(event: KeyboardEvent): void {
    this.keys.hear(event);
  }

  press(keys: readonly Keystroke[]): void {
    this.keys.press(keys);
  }

  dispose(): void {
    this.owner.dispose();
    this.desk?.dispose();
    this.client.end();
  }

  private greeted(desktop: boolean, size: Size): void {
    const { client, screen, events } = this;
    this.desk = desktop ? new WholeDesktop(client, screen, events) : new Seamless(client, screen, size, events);
    this.listen(this.desk);
  }

  private listen(desk: Desk): void {
    const { owner } = this;
    const { element } = desk;
    if (this.secrets.access === "view" && element instanceof HTMLCanvasElement) new RemotePointer(this.client, element, this.screen, owner);
    owner.listen(element, "contextmenu wheel", (event) => { event.preventDefault(); }, { passive: false });
    owner.listen<PointerEvent>(element, "pointerdown", ({ target, pointerId }) => {
      if (target instanceof HTMLCanvasElement) target.setPointerCapture(pointerId);
    });
    // Events that were held back while the clipboard was read are dispatched to the window.
    owner.listen<MouseEvent>(window, "mouseup", (event) => {
      if (event.target === window) desk.pressed?.on_mouseup(event);
    });
  }
}

export function unfit({ key }: Secrets): Problem | null {
  return unfitness({ encrypted: key !== null, webCrypto: isSecureContext, ownCipher: typeof forge !== "undefined" });
}

export function open(screen: HTMLElement, link: Link, secrets: Secrets, events: ClientEvents): Client {
  return new Xpra(screen, link, secrets, events);
}
