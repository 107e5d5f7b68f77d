export interface Size {
  width: number;
  height: number;
}

/** A change seen this soon after we asked may be the answer to something older. */
const SETTLE_MS = 1000;

/** Whose window the desktop's size follows: ours, until another viewer changes it, until our user comes back. */
export class SizeClaim {
  private held: boolean;
  private asked: { size: Size; at: number } | null = null;

  constructor(held: boolean) {
    this.held = held;
  }

  get ours(): boolean {
    return this.held;
  }

  /** The user is here (focus, pointer, key), or nobody else is. Returns whether that changed anything. */
  take(): boolean {
    const changed = !this.held;
    this.held = true;
    return changed;
  }

  ask(size: Size, now: number): void {
    this.asked = { size, at: now };
  }

  /** The desktop has a new size. Returns whether we have to yield. */
  changed(size: Size, now: number): boolean {
    if (!this.held || this.asked === null) return false;
    if (same(size, this.asked.size) || now - this.asked.at < SETTLE_MS) return false;
    this.held = false;
    return true;
  }
}

function same(one: Size, other: Size): boolean {
  return one.width === other.width && one.height === other.height;
}
