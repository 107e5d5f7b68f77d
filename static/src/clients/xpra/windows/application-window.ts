/** A program's window: its position and state, which it reports to the server. */
import type { Size } from "../../../api";
import { Frame, MARGINS, NO_MARGINS } from "./frame";
import { allowed, type Box, cascaded, centred, type Edges, filling, inside, isFixed, type Margins, pulled, reachable } from "./geometry";
import { Metadata } from "./metadata";
import { PaintedWindow } from "./painted-window";
import type { Stacked } from "./stack";

/** [type, id, x, y, w, h, metadata, properties] */
export type WindowPacket = [string, number, number, number, number, number, Record<string, unknown>, Record<string, unknown>?];

/** The windows around a window, and the room that they have. */
export interface Surroundings {
  /** The area for windows. */
  area(): Size;
  /** The whole page, for fullscreen windows. */
  screen(): Size;
  activate(window: ApplicationWindow): void;
  /** The window was minimised or restored. */
  changed(window: ApplicationWindow): void;
  grab(window: ApplicationWindow, event: PointerEvent, edges: Edges): void;
}

export class ApplicationWindow implements Stacked {
  readonly id: number;
  readonly frame: Frame;
  readonly painted: PaintedWindow;
  readonly metadata = new Metadata();
  /** Position and size of the contents. */
  box: Box;
  /** In the dock. */
  minimised = false;
  /** Requested by the user or the program. */
  private maximised = false;
  /** Requested by the program; takes precedence over `maximised`. */
  private fullscreen = false;
  /** The window gets the keys. */
  private focused = false;
  /** Position and size before the window was maximised. */
  private normal: Box | null = null;

  constructor(
    private readonly client: XpraClient,
    [, id, x, y, w, h, metadata, properties]: WindowPacket,
    /** A menu or the like, which the program places (override-redirect). */
    readonly free: boolean,
    parent: HTMLElement,
    private readonly surroundings: Surroundings,
  ) {
    this.id = id;
    this.box = { x, y, w: Math.max(1, w), h: Math.max(1, h) };
    this.frame = new Frame(id, {
      close: () => { this.close(); },
      minimise: () => { this.minimise(); },
      maximise: () => { this.toggleMaximised(); },
      grab: (event, edges) => { surroundings.grab(this, event, edges); },
    });
    parent.append(this.frame.element);
    const { canvas } = this.frame;
    canvas.width = this.box.w;
    canvas.height = this.box.h;
    this.painted = new PaintedWindow(client, id, canvas, this.box.w, this.box.h, properties ?? {});
    client.id_to_window[id] = this.painted;
    this.metadata.update(metadata);
    this.dress();
  }

  get parent(): number {
    return this.free ? 0 : this.metadata.parent;
  }

  get modal(): boolean {
    return this.metadata.flag("modal");
  }

  get layer(): -1 | 0 | 1 {
    return this.metadata.layer;
  }

  get margins(): Margins {
    return this.framed ? MARGINS : NO_MARGINS;
  }

  /** Shows a window that is new to this connection; gives it a position if the program did not ask for one. */
  open(before: ApplicationWindow | null, owner: ApplicationWindow | null): void {
    const placed = this.box.x !== 0 || this.box.y !== 0 || this.metadata.flag("set-initial-position");
    if (owner && !placed) this.box = centred(this.box, owner.box);
    else if (!placed) this.box = cascaded(this.box, before?.box ?? null, this.surroundings.area());
    this.box = inside(this.box, this.surroundings.area(), this.margins, this.metadata.limits);
    this.minimised = this.metadata.flag("iconic");
    if (this.minimised) this.frame.show(false);
    else this.map();
    this.obey(this.metadata);
  }

  /** The program has changed properties of its window. */
  update(news: Record<string, unknown>): void {
    this.metadata.update(news);
    this.dress();
    if (this.free) return;
    const told = new Metadata();
    told.update(news);
    this.obey(told);
    if (told.has("iconic")) {
      if (told.flag("iconic")) this.minimise();
      else this.show();
    }
  }

  mark(focused: boolean): void {
    this.frame.mark(focused, this.maximised);
    if (this.focused === focused || this.free) return;
    this.focused = focused;
    // Programs draw a window with the focus differently.
    this.tell(true);
  }

  /** The server has moved or resized the window: a menu, or a window at its program's request. */
  follow(box: Box): void {
    this.box = this.free ? box : reachable(box, this.surroundings.area(), this.margins);
    this.draw();
    if (this.box.x !== box.x || this.box.y !== box.y) this.configure();
  }

  /** The size of the page has changed. */
  fit(): void {
    if (this.free) return;
    const { limits } = this.metadata;
    this.put(this.filled() ?? inside(this.box, this.surroundings.area(), this.margins, limits));
  }

  /** The user is dragging the window by its frame; `settle` reports the result to the server. */
  drag(from: Box, { x, y }: Edges, dx: number, dy: number): void {
    const pulls = x !== 0 || y !== 0;
    const moved = pulls ? pulled(from, { x, y }, dx, dy, this.metadata.limits) : { ...from, x: from.x + dx, y: from.y + dy };
    this.box = reachable(moved, this.surroundings.area(), this.margins);
    this.frame.place(this.box, this.margins);
  }

  settle(): void {
    this.draw();
    this.configure();
  }

  get movable(): boolean {
    return !this.free && !this.maximised && !this.fullscreen;
  }

  close(): void {
    this.client.send(["close-window", this.id]);
  }

  minimise(): void {
    if (this.minimised || this.free) return;
    this.minimised = true;
    this.frame.show(false);
    this.surroundings.changed(this);
    // After another window has got the focus: when X takes the focus from a window that is unmapped, Xpra may take it a
    // moment later from the window that has it then (Xpra 3.1.3).
    this.client.send(["unmap-window", this.id, true]);
  }

  show(): void {
    if (!this.minimised) return;
    this.minimised = false;
    this.frame.show(true);
    this.fit();
    this.map();
    this.surroundings.changed(this);
  }

  toggleMaximised(): void {
    this.surroundings.activate(this);
    this.fill({ maximised: !this.maximised });
  }

  dispose(): void {
    this.painted.destroy();
  }

  private get framed(): boolean {
    return !this.free && !this.fullscreen && this.metadata.framed;
  }

  /** Applies the states that the program asks for; `told` has the new ones. */
  private obey(told: Metadata): void {
    if (this.free) return;
    if (told.has("maximized")) this.fill({ maximised: told.flag("maximized") });
    if (told.has("fullscreen")) this.fill({ fullscreen: told.flag("fullscreen") });
  }

  private fill({ maximised = this.maximised, fullscreen = this.fullscreen }): void {
    if (maximised === this.maximised && fullscreen === this.fullscreen) return;
    if (!this.maximised && !this.fullscreen) this.normal = this.box;
    this.maximised = maximised;
    this.fullscreen = fullscreen;
    this.dress();
    this.put(this.filled() ?? inside(this.formerly(), this.surroundings.area(), this.margins, this.metadata.limits));
  }

  /** Position and size of a maximised or fullscreen window; null for any other. */
  private filled(): Box | null {
    if (!this.fullscreen && !this.maximised) return null;
    const { surroundings } = this;
    const most = this.fullscreen ? filling(surroundings.screen(), NO_MARGINS) : filling(surroundings.area(), this.margins);
    // Xpra rounds terminals to whole characters in any case, and does not report it.
    return { ...most, ...allowed(most.w, most.h, this.metadata.limits) };
  }

  /** Position and size to restore; not known of a window that was maximised before this page connected. */
  private formerly(): Box {
    const area = filling(this.surroundings.area(), this.margins);
    if (this.normal) return this.normal;
    return centred({ ...area, ...allowed(area.w * 0.7, area.h * 0.7, this.metadata.limits) }, area);
  }

  private put(box: Box): void {
    const { x, y, w, h } = this.box;
    const same = x === box.x && y === box.y && w === box.w && h === box.h;
    this.box = box;
    this.draw();
    if (!same) this.configure();
  }

  private draw(): void {
    const { frame, painted, box } = this;
    frame.place(box, this.margins);
    painted.w = box.w;
    painted.h = box.h;
    painted.updateCanvasGeometry();
  }

  private dress(): void {
    const { frame, metadata } = this;
    const resizable = !isFixed(metadata.limits);
    frame.name(metadata.title);
    frame.decorate({
      framed: this.framed,
      canMinimise: metadata.parent === 0,
      canMaximise: resizable,
      canResize: resizable && !this.maximised,
    });
    this.mark(this.focused);
    frame.place(this.box, this.margins);
  }

  private map(): void {
    const { x, y, w, h } = this.box;
    this.draw();
    this.client.send(["map-window", this.id, x, y, w, h, this.client._get_client_properties(this.painted)]);
  }

  private configure(): void {
    if (!this.minimised) this.tell(false);
  }

  private tell(onlyState: boolean): void {
    const { x, y, w, h } = this.box;
    const properties = this.client._get_client_properties(this.painted);
    const state = { maximized: this.maximised, fullscreen: this.fullscreen, focused: this.focused };
    const resizes = 0;
    this.client.send(["configure-window", this.id, x, y, w, h, properties, resizes, state, onlyState]);
  }
}
