/** Whether the desktop's size follows our window: until another viewer changes it, and again when our user returns. */
import type { Size } from "../api";

/** A change this soon after our request may be the answer to an older one. */
const SETTLE_MS = 1000;
/** With two users at work at once, a window whose size was replaced takes it back only after this time. */
const TRUCE_MS = 5000;

export class SizeClaim {
  /** The size follows our window. */
  private held: boolean;
  /** The size that we requested last, and when; null before. */
  private asked: { size: Size; at: number } | null = null;
  /** When another viewer's size replaced ours. */
  private replaced = Number.NEGATIVE_INFINITY;

  constructor(held: boolean) {
    this.held = held;
  }

  get ours(): boolean {
    return this.held;
  }

  /** The user has come to this window, or there is no other viewer. Returns whether the claim is new. */
  take(): boolean {
    const changed = !this.held;
    this.held = true;
    return changed;
  }

  /** The user goes on here, with pointer or keys. Returns whether the claim is new. */
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

  /** The desktop has a new size. Returns whether our claim has ended. */
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
