/** Detects from updates of the screen a region that moves so much that video is better. */
import type { Region, Size } from "../api";
import { box, Cells } from "./cells";

/** Part of the screen. Smaller updates are ignored: a cursor that blinks, a letter that is typed. */
const SMALL = 0.02;
const WINDOW_MS = 600;
/** With updates that each take this long to receive, the line is slow: the window is longer. */
const SLOW_MS = 120;
const SLOW_WINDOW_MS = 2500;
/** Motion, within the window: at least this many updates, this time from first to last, and this sum of areas, in screens. */
const UPDATES = 3;
const SPAN_MS = 350;
const SCREENS = 1.5;
/** A cell moves if at least this part of the updates touches it. */
const MOVING = 0.6;
/** From this part of the screen on, all of it counts as moving. */
const MOST = 0.6;
/** RFB sends the whole screen after a restart. Later updates refine it at most once, which is less than SCREENS. */
const REFRESH_MS = 1000;

interface Update {
  at: number;
  /** Time to receive it (ms). */
  took: number;
  area: number;
  cells: Cells;
}

export class MotionDetector {
  private updates: Update[] = [];
  /** Size of the screen at the last update. */
  private screen: Size = { width: 0, height: 0 };
  /** Updates that began before this time (ms) are ignored. */
  private from = -Infinity;

  /** Forgets all updates at a time (ms) when RFB refreshes the screen, and ignores the refresh. */
  restart(now: number): void {
    this.updates = [];
    this.from = now + REFRESH_MS;
  }

  /** Adds an update of the screen, at a time (ms). Returns the region that moves; null while there is none. */
  add(rectangles: readonly Region[], screen: Size, now: number, took = 0): Region | null {
    if (screen.width !== this.screen.width || screen.height !== this.screen.height) this.updates = [];
    this.screen = { ...screen };
    const area = rectangles.reduce((sum, { width, height }) => sum + width * height, 0);
    if (now - took < this.from || area < SMALL * areaOf(screen)) return null;
    const cells = new Cells(screen);
    for (const rectangle of rectangles) cells.touch(rectangle);
    this.updates.push({ at: now, took, area, cells });
    const slow = this.updates.slice(-UPDATES).every((update) => update.took >= SLOW_MS);
    this.updates = this.updates.filter(({ at }) => now - at <= (slow ? SLOW_WINDOW_MS : WINDOW_MS));
    return this.moves(now) ? this.region() : null;
  }

  private moves(now: number): boolean {
    const { updates, screen } = this;
    const total = updates.reduce((sum, { area }) => sum + area, 0);
    return updates.length >= UPDATES && now - (updates[0]?.at ?? now) >= SPAN_MS && total >= SCREENS * areaOf(screen);
  }

  private region(): Region | null {
    const { updates, screen } = this;
    const region = box(updates.map(({ cells }) => cells), MOVING * updates.length, screen);
    if (!region) return null;
    return areaOf(region) > MOST * areaOf(screen) ? { x: 0, y: 0, ...screen } : region;
  }
}

function areaOf({ width, height }: Size): number {
  return width * height;
}
