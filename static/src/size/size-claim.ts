/** The window that the desktop's size follows: ours, until another viewer changes it, until our user comes back. */
import type { Size } from "../api";

/** A change seen this soon after we asked may be the answer to something older. */
const SETTLE_MS = 1000;
/** Two people at work at once: whose size was replaced does not get it back by going on. */
const TRUCE_MS = 5000;

export class SizeClaim {
  /** The size follows our window. */
  private held: boolean;
  /** The size that we asked for last, and when; null before. */
  private asked: { size: Size; at: number } | null = null;
  /** When another viewer's size replaced ours. */
  private replaced = Number.NEGATIVE_INFINITY;

  constructor(held: boolean) {
    this.held = held;
  }

  get ours(): boolean {
    return this.held;
  }

  /** The user came to this window, or there is no other viewer. Returns whether that changed anything. */
  take(): boolean {
    const changed = !this.held;
    this.held = true;
    return changed;
  }

  /** The user goes on here, with pointer or keys. Returns whether that changed anything. */
  goOn(now: number): boolean {
    return now - this.replaced >= TRUCE_MS && this.take();
  }

  /** The user went elsewhere, perhaps to another window on this desktop. */
  leave(): void {
    this.held = false;
  }

  ask(size: Size, now: number): void {
    this.asked = { size, at: now };
  }

  /** The desktop has a new size. Returns whether we have to yield. */
  changed(size: Size, now: number): boolean {
    if (!this.held || this.asked === null) return false;
    if (same(size, this.asked.size) || now - this.asked.at < SETTLE_MS) return false;
    this.held = false;
    this.replaced = now;
    return true;
  }
}

function same(one: Size, other: Size): boolean {
  return one.width === other.width && one.height === other.height;
}
