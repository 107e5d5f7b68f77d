/** Windows of programs, each in its own frame: the page is their window manager. */
import type { Size } from "../../../api";
import { announce } from "../../../dom/announce";
import { Owner } from "../../../dom/owner";
import { ApplicationWindow, type Surroundings, type WindowPacket } from "./application-window";
import { composite } from "./composite";
import type { Desk, DeskEvents } from "./desk";
import { Dock } from "./dock";
import { drag } from "./drag";
import type { Edges } from "./geometry";
import type { PaintedWindow } from "./painted-window";
import { Stack } from "./stack";

/** Directions of _NET_WM_MOVERESIZE (EWMH), clockwise from the top left; the last is moving. */
const DIRECTIONS: readonly Edges[] = [
  ...[{ x: -1, y: -1 }, { x: 0, y: -1 }, { x: 1, y: -1 }, { x: 1, y: 0 }] as const,
  ...[{ x: 1, y: 1 }, { x: 0, y: 1 }, { x: -1, y: 1 }, { x: -1, y: 0 }] as const,
  { x: 0, y: 0 },
];

/** The stacking order when the last connection was lost; the server does not know it. */
let remembered: readonly number[] = [];

export class Seamless implements Desk, Surroundings {
  readonly element = document.createElement("div");
  /** The window of the last press; null before it, and once that window is closed. */
  pressed: PaintedWindow | null = null;
  /** Open windows by id. */
  private readonly windows = new Map<number, ApplicationWindow>();
  private readonly stack = new Stack(this.windows);
  private readonly owner = new Owner();
  private readonly hint = document.createElement("p");
  private readonly dock = new Dock();
  /** The last window that was opened; the next one is placed by it. */
  private opened: ApplicationWindow | null = null;
  /** The pointer's last event; null before the first one. */
  private pointerAt: PointerEvent | null = null;
  /** The last press, where a drag begins; null once a program has requested a drag. */
  private pressedAt: PointerEvent | null = null;
  /** Ends the current drag; no effect without one. */
  private endDrag = (): void => undefined;
  /** All windows that existed before the connection are in the page. */
  private complete = false;

  constructor(
    private readonly client: XpraClient,
    private readonly page: HTMLElement,
    /** Size of the X screen. */
    private known: Size,
    private readonly events: DeskEvents,
  ) {
    const { element, hint, dock } = this;
    element.className = "windows";
    hint.className = "hint";
    hint.textContent = "No window is open. Programs appear here when they start.";
    element.append(hint, dock.element);
    page.append(element);
    this.handlePackets();
    this.listen();
  }

  get focused(): number {
    return Math.max(0, this.client.focus);
  }

  pointer({ clientX, clientY }: { clientX: number; clientY: number }): { x: number; y: number } {
    const { left, top } = this.page.getBoundingClientRect();
    return { x: Math.max(0, Math.floor(clientX - left)), y: Math.max(0, Math.floor(clientY - top)) };
  }

  picture(): HTMLCanvasElement | null {
    const shown = this.shown();
    if (!this.complete || (shown.length > 0 && !shown.some(({ painted }) => painted.painted))) return null;
    return composite(this.element, this.screen(), shown);
  }

  size(): Size {
    return this.known;
  }

  /** Keys of a window manager: Alt+Tab and Alt+F4. */
  takes({ code }: { code: string }, down: boolean, held: readonly string[]): boolean {
    if (!held.includes("alt") || (code !== "Tab" && code !== "F4")) return false;
    if (!down) return true;
    if (code === "F4") this.windows.get(this.focused)?.close();
    else this.cycle(held.includes("shift"));
    return true;
  }

  dispose(): void {
    this.endDrag();
    remembered = [...this.stack.all];
    this.owner.dispose();
    for (const window of this.windows.values()) window.dispose();
    this.element.remove();
  }

  area(): Size {
    const { width, height } = this.screen();
    return { width, height: height - this.dock.height };
  }

  screen(): Size {
    return { width: this.page.clientWidth, height: this.page.clientHeight };
  }

  activate(window: ApplicationWindow): void {
    const id = this.stack.unblocked(window.id);
    const target = this.windows.get(id);
    if (!target || target.free) return;
    target.show();
    this.stack.raise(id);
    this.focus(id);
  }

  changed(window: ApplicationWindow): void {
    const { dock } = this;
    const before = dock.height;
    dock.show([...this.windows.values()].filter(({ minimised }) => minimised), (chosen) => {
      this.activate(chosen);
      this.events.wantsKeys();
    });
    if (dock.height !== before) this.fit();
    if (window.minimised && window.id === this.focused) this.focusHighest();
  }

  grab(window: ApplicationWindow, event: { clientX: number; clientY: number; button: number }, edges: Edges): void {
    this.endDrag();
    this.activate(window);
    if (event.button !== 0 || !window.movable) return;
    const from = window.box;
    // The program gets no pointer events meanwhile.
    this.client.mouse_grabbed = true;
    this.endDrag = drag(event, (dx, dy) => {
      window.drag(from, edges, dx, dy);
    }, () => {
      this.client.mouse_grabbed = false;
      if (this.windows.has(window.id)) window.settle();
    });
  }

  private handlePackets(): void {
    const handlers = this.client.packet_handlers;
    const known = (id: number, act: (window: ApplicationWindow) => void): void => {
      const window = this.windows.get(id);
      if (window) act(window);
    };
    handlers["new-window"] = (packet: WindowPacket) => { this.open(packet, false); };
    handlers["new-override-redirect"] = (packet: WindowPacket) => { this.open(packet, true); };
    handlers["lost-window"] = ([, id]: [string, number]) => { known(id, (window) => { this.lose(window); }); };
    handlers["raise-window"] = ([, id]: [string, number]) => { known(id, (window) => { this.activate(window); }); };
    handlers["window-metadata"] = ([, id, news]: [string, number, Record<string, unknown>]) => {
      known(id, (window) => { this.update(window, news); });
    };
    handlers["window-resized"] = ([, id, w, h]: [string, number, number, number]) => {
      known(id, (window) => { window.follow({ ...window.box, w, h }); });
    };
    const follow = ([, id, x, y, w, h]: [string, number, number, number, number, number]): void => {
      known(id, (window) => { window.follow({ x, y, w, h }); });
    };
    handlers["window-move-resize"] = handlers["configure-override-redirect"] = follow;
    handlers["initiate-moveresize"] = ([, id, , , direction]: [string, number, number, number, number]) => {
      known(id, (window) => { this.grabAsAsked(window, direction); });
    };
    handlers["desktop_size"] = ([, width, height]: [string, number, number]) => { this.resized({ width, height }); };
    handlers["startup-complete"] = () => { this.begin(); };
  }

  private listen(): void {
    const { element, owner } = this;
    owner.listen<PointerEvent>(element, "pointerdown", (event) => {
      this.pointerAt = this.pressedAt = event;
      const window = this.windowAt(event);
      if (event.target !== window?.frame.canvas) return;
      this.pressed = window.painted;
      this.activate(window);
    }, { capture: true });
    owner.listen<PointerEvent>(element, "pointermove", (event) => { this.pointerAt = event; }, { capture: true, passive: true });
    owner.listen<MouseEvent>(element, "mouseout", (event) => { this.left(event); });
    const observer = new ResizeObserver(() => { this.fit(); });
    observer.observe(this.page);
    owner.finally(() => { observer.disconnect(); });
  }

  /** The pointer has left all programs' windows: reports that, so that tooltips go. */
  private left(event: MouseEvent): void {
    const { target, relatedTarget } = event;
    if (target instanceof HTMLCanvasElement && !(relatedTarget instanceof HTMLCanvasElement)) {
      this.client.do_window_mouse_move(event, null);
    }
  }

  private windowAt({ target }: Event): ApplicationWindow | undefined {
    return [...this.windows.values()].find(({ frame }) => target instanceof Node && frame.element.contains(target));
  }

  private open(packet: WindowPacket, free: boolean): void {
    if (this.windows.has(packet[1])) return;
    const window = new ApplicationWindow(this.client, packet, free, this.element, this);
    this.windows.set(window.id, window);
    this.stack.add(window.id);
    if (!free) {
      window.open(this.opened, this.windows.get(window.parent) ?? null);
      this.opened = window;
    }
    if (this.complete && !free && !window.minimised) this.activate(window);
    this.show();
    if (window.minimised) this.changed(window);
  }

  private lose(window: ApplicationWindow): void {
    this.windows.delete(window.id);
    this.stack.remove(window.id);
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- it is the client's
    delete this.client.id_to_window[window.id];
    if (this.pressed === window.painted) this.pressed = null;
    if (this.opened === window) this.opened = null;
    window.dispose();
    if (window.id === this.focused) this.focusHighest();
    this.show();
    if (window.minimised) this.changed(window);
  }

  private update(window: ApplicationWindow, news: Record<string, unknown>): void {
    window.update(news);
    this.show();
    if (window.minimised) this.changed(window);
  }

  /** All windows that existed before the connection are in the page. */
  private begin(): void {
    this.stack.restore(remembered);
    this.complete = true;
    this.focusHighest();
    this.events.connected();
    this.events.resized(this.known);
  }

  private resized(size: Size): void {
    this.known = size;
    const { width, height } = size;
    // The server takes the work area (_NET_WORKAREA) from its viewers.
    this.client.send(["desktop_size", width, height, [screenOf(width, height)]]);
    this.events.resized(size);
  }

  private fit(): void {
    for (const window of this.windows.values()) window.fit();
  }

  private cycle(backwards: boolean): void {
    const ids = this.stack.all.filter((id) => this.windows.get(id)?.free === false);
    const [next, last] = [ids[0], ids.at(-1)];
    if (next === undefined || last === undefined || ids.length < 2) return;
    if (backwards) this.stack.lower(last);
    const chosen = this.windows.get(backwards ? (ids.at(-2) ?? last) : next);
    if (!chosen) return;
    this.activate(chosen);
    announce(chosen.metadata.title);
  }

  private focusHighest(): void {
    const highest = this.shown().reverse().find(({ free }) => !free);
    if (highest) this.activate(highest);
    else this.focus(0);
  }

  private focus(id: number): void {
    if (this.client.focus !== id) {
      this.client.focus = id;
      this.client.send(["focus", id, []]);
    }
    if (id === 0) this.element.removeAttribute("aria-activedescendant");
    else this.element.setAttribute("aria-activedescendant", String(id));
    this.show();
  }

  /** The visible windows, from the lowest to the highest; menus are above all others. */
  private shown(): ApplicationWindow[] {
    const all = this.stack.sorted().map((id) => this.windows.get(id)).filter((window) => window !== undefined);
    const visible = all.filter(({ minimised }) => !minimised);
    return [...visible.filter(({ free }) => !free), ...visible.filter(({ free }) => free)];
  }

  private show(): void {
    this.shown().forEach((window, index) => {
      window.frame.element.style.zIndex = String(index + 1);
      window.mark(window.id === this.focused);
    });
    this.hint.hidden = !this.complete || [...this.windows.values()].some(({ free }) => !free);
  }

  /** Begins or ends a drag at the request of a program that draws its own frame. */
  private grabAsAsked(window: ApplicationWindow, direction: number): void {
    const edges = DIRECTIONS[direction];
    const { pointerAt, pressedAt, pressed } = this;
    if (!edges) this.endDrag();
    else if (pointerAt && pointerAt.buttons !== 0) {
      pressed?.on_mouseup(pointerAt);
      // The request may come late, when the pointer is elsewhere; a second request begins at the pointer.
      const { clientX, clientY } = (pressed === window.painted ? pressedAt : null) ?? pointerAt;
      this.pressedAt = null;
      this.grab(window, { clientX, clientY, button: 0 }, edges);
    }
  }
}

const MM_PER_PIXEL = 25.4 / 96;

/** A screen with one monitor and all of it for windows, as Xpra's viewers describe it. */
function screenOf(width: number, height: number): unknown[] {
  const size = [width, height, Math.round(width * MM_PER_PIXEL), Math.round(height * MM_PER_PIXEL)];
  return ["page", ...size, [["page", 0, 0, ...size]], 0, 0, width, height];
}
