/** A window's frame in the page: title, buttons, edges. */
import type { Box, Edges, Margins } from "./geometry";

export const MARGINS: Margins = { top: 31, right: 1, bottom: 1, left: 1 };
export const NO_MARGINS: Margins = { top: 0, right: 0, bottom: 0, left: 0 };

/** The user's actions on a frame. */
export interface FrameEvents {
  close: () => void;
  minimise: () => void;
  maximise: () => void;
  /** A drag of an edge begins, or of the title bar (no edge). */
  grab: (event: PointerEvent, edges: Edges) => void;
}

const SIDES = [-1, 0, 1] as const;
const CLOSE = "M4 4l8 8M12 4l-8 8";
const MAXIMISE = "M4 4h8v8h-8z";
const MINIMISE = "M4 11h8";

/** A window's element in the page: its canvas, with a title bar and edges for resizing around it. */
export class Frame {
  readonly element = document.createElement("div");
  readonly canvas = document.createElement("canvas");
  private readonly head = document.createElement("div");
  private readonly icon = document.createElement("img");
  private readonly title = document.createElement("span");
  private readonly minimise: HTMLButtonElement;
  private readonly maximise: HTMLButtonElement;
  private readonly edges: HTMLElement[];

  constructor(id: number, events: FrameEvents) {
    const { element, head, icon, title } = this;
    // Xpra's client finds the elements for its canvas and the icon by these ids.
    element.id = String(id);
    icon.id = `windowicon${id}`;
    icon.alt = "";
    element.className = "frame";
    element.setAttribute("role", "group");
    head.className = "head";
    title.className = "title";
    this.minimise = button("Minimise", MINIMISE, events.minimise);
    this.maximise = button("Maximise", MAXIMISE, events.maximise);
    head.append(icon, title, this.minimise, this.maximise, button("Close", CLOSE, events.close));
    this.edges = SIDES.flatMap((y) => SIDES.map((x) => edge({ x, y }, events))).filter((each) => each !== null);
    element.append(head, this.canvas, ...this.edges);
    this.listen(events);
  }

  show(on: boolean): void {
    this.element.hidden = !on;
  }

  name(title: string): void {
    this.title.textContent = title;
    this.title.title = title;
    this.element.setAttribute("aria-label", title);
  }

  decorate({ framed, canMinimise, canMaximise, canResize }: Record<"framed" | "canMinimise" | "canMaximise" | "canResize", boolean>): void {
    this.element.classList.toggle("framed", framed);
    this.head.hidden = !framed;
    this.minimise.hidden = !canMinimise;
    this.maximise.hidden = !canMaximise;
    for (const each of this.edges) each.hidden = !framed || !canResize;
  }

  /** `maximised`: the button restores the window. */
  mark(focused: boolean, maximised: boolean): void {
    this.element.dataset["focused"] = String(focused);
    label(this.maximise, maximised ? "Restore" : "Maximise");
  }

  place({ x, y, w, h }: Box, { top, right, bottom, left }: Margins): void {
    const { style } = this.element;
    style.left = `${x - left}px`;
    style.top = `${y - top}px`;
    style.width = `${w + left + right}px`;
    style.height = `${h + top + bottom}px`;
  }

  private listen(events: FrameEvents): void {
    const { head, element } = this;
    head.addEventListener("pointerdown", (event) => {
      // The window keeps the focus.
      event.preventDefault();
      if (!(event.target as Element).closest("button")) events.grab(event, { x: 0, y: 0 });
    });
    head.addEventListener("dblclick", (event) => {
      if (!this.maximise.hidden && !(event.target as Element).closest("button")) events.maximise();
    });
    // Keys and wheel events here are not for the program.
    for (const type of ["keydown", "keyup"]) head.addEventListener(type, stop);
    for (const part of [head, ...this.edges]) part.addEventListener("wheel", stop, { passive: true });
    // The browser's own drag and drop does not work on a desktop.
    element.addEventListener("dragstart", (event) => { event.preventDefault(); });
  }
}

function stop(event: Event): void {
  event.stopPropagation();
}

function edge(edges: { x: -1 | 0 | 1; y: -1 | 0 | 1 }, events: FrameEvents): HTMLElement | null {
  const { x, y } = edges;
  if (x === 0 && y === 0) return null;
  const strip = document.createElement("div");
  strip.className = `edge ${["top", "", "bottom"][y + 1] ?? ""} ${["left", "", "right"][x + 1] ?? ""}`;
  strip.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    events.grab(event, edges);
  });
  return strip;
}

function button(name: string, path: string, run: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  label(made, name);
  const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  picture.setAttribute("viewBox", "0 0 16 16");
  picture.setAttribute("aria-hidden", "true");
  line.setAttribute("d", path);
  picture.append(line);
  made.append(picture);
  made.addEventListener("click", run);
  return made;
}

function label(made: HTMLButtonElement, name: string): void {
  made.setAttribute("aria-label", name);
  made.title = name;
}
