/** Lets the desktop follow the window's size, unless another viewer's user is at work. */
import type { Size } from "../api";
import type { Client } from "../clients";
import { SizeClaim } from "./size-claim";

/** Dragging a window's edge makes one request, not a hundred. */
const DEBOUNCE_MS = 150;
const VERIFY_MS = 1200;
/** Smaller than this, the page is not being shown (a hidden tab of an embedding page has no size at all). */
const SMALLEST = 64;

export class Sizing {
  /** The client that is asked for sizes; null while there is no connection, or view-only. */
  private client: Client | null = null;
  /** New for each connection. */
  private claim = new SizeClaim(true);
  /** Timer: runs while the window's edge is being dragged. */
  private settle: ReturnType<typeof setTimeout> | undefined;
  /** Timer: runs until the desktop should have the size. */
  private verify: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly stage: HTMLElement,
    private readonly screen: HTMLElement,
    /** Another user's desktop: opening its window, or entering it, does not count as work. */
    private readonly guest: boolean,
    /** Whether this page is the only viewer. */
    private readonly alone: () => Promise<boolean>,
  ) {
    new ResizeObserver(() => {
      this.stageChanged();
    }).observe(stage);
    addEventListener("focus", () => {
      if (!guest && this.claim.take()) void this.request();
    });
    addEventListener("blur", () => {
      this.claim.leave();
      this.client?.follow(false);
    });
    for (const type of ["pointerdown", "keydown", "wheel"]) {
      screen.addEventListener(type, this.userGoesOn, { capture: true, passive: true });
    }
    this.fit();
  }

  attach(client: Client | null): void {
    this.client = client;
    this.claim = new SizeClaim(!this.guest && document.hasFocus());
    if (client) void this.request();
  }

  resized(size: Size): void {
    if (this.claim.changed(size, performance.now())) this.client?.follow(false);
  }

  private readonly userGoesOn = (): void => {
    if (this.claim.goOn(performance.now())) void this.request();
  };

  private stageChanged(): void {
    if (!this.fit()) return;
    // Resizing the window counts as work.
    if (!this.guest && document.hasFocus()) this.claim.take();
    this.client?.follow(false);
    clearTimeout(this.settle);
    this.settle = setTimeout(() => void this.request(), DEBOUNCE_MS);
  }

  /** Gives the screen whole pixels: with a fraction the picture would be blurred. Returns whether the size is new. */
  private fit(): boolean {
    const width = Math.floor(this.stage.clientWidth);
    const height = Math.floor(this.stage.clientHeight);
    const { style } = this.screen;
    if (width < SMALLEST || height < SMALLEST) return false;
    if (style.width === `${width}px` && style.height === `${height}px`) return false;
    style.width = `${width}px`;
    style.height = `${height}px`;
    return true;
  }

  private async request(): Promise<void> {
    if (!this.claim.ours && (await this.alone())) this.claim.take();
    const { client } = this;
    if (!client || !this.claim.ours) return;
    const { clientWidth: width, clientHeight: height } = this.screen;
    this.claim.ask({ width, height }, performance.now());
    client.follow(true);
    clearTimeout(this.verify);
    this.verify = setTimeout(() => {
      this.resized(client.size());
    }, VERIFY_MS);
  }
}
