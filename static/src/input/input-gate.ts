/**
 * Holds back keys and mouse buttons while the desktop's clipboard is updated, then passes them on in order.
 */
import { eventOf, strokeOf, type StrokeType } from "../keys";

const HELD = "keydown keyup mousedown mouseup";

export class InputGate {
  private readonly waiting: (() => void)[] = [];
  /** Number of holds; the gate is open at 0. */
  private holds = 0;

  constructor(
    private readonly screen: HTMLElement,
    private readonly pastes: (event: KeyboardEvent) => boolean,
  ) {
    for (const type of HELD.split(" ")) {
      screen.addEventListener(type, this.check, { capture: true });
    }
  }

  /** Runs `action` once all earlier input has been passed on. */
  pass(action: () => void): void {
    if (this.holds === 0) action();
    else this.waiting.push(action);
  }

  /** Closes the gate for at most `limit` ms. Returns a function that opens it (and may be called again). */
  hold(limit: number): () => void {
    this.holds += 1;
    let open = (): void => {
      open = () => undefined;
      clearTimeout(timer);
      this.holds -= 1;
      if (this.holds === 0) this.replay();
    };
    const timer = setTimeout(() => {
      open();
    }, limit);
    return () => {
      open();
    };
  }

  private readonly check = (event: Event): void => {
    if (this.holds === 0 || !event.isTrusted) return;
    event.stopImmediatePropagation();
    // A paste chord must keep its default action: it makes the browser send its paste event.
    if (!(event instanceof KeyboardEvent && this.pastes(event))) event.preventDefault();
    this.waiting.push(() => this.target(event)?.dispatchEvent(copy(event)));
  };

  private replay(): void {
    for (const action of this.waiting.splice(0)) action();
  }

  private target(event: Event): EventTarget | null {
    // Clients expect it there: while a button is down, noVNC covers the page until the window gets the release.
    if (event.type === "mouseup") return window;
    const target = event.target as Element;
    return target.isConnected ? target : this.screen.querySelector("canvas");
  }
}

function copy(event: Event): Event {
  if (event instanceof KeyboardEvent) return eventOf(event.type as StrokeType, strokeOf(event));
  const { clientX, clientY, button, buttons, ctrlKey, shiftKey, altKey, metaKey } = event as MouseEvent;
  const fields = { clientX, clientY, button, buttons, ctrlKey, shiftKey, altKey, metaKey };
  return new MouseEvent(event.type, { ...fields, bubbles: true, cancelable: true, view: window });
}
