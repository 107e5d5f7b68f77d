/** Geometry of regions. */
import type { Region, Size } from "../../api";

/** The parts of a screen around a region, at most four; none if it covers the screen. */
export function around({ x, y, width, height }: Region, screen: Size): Region[] {
  const right = x + width;
  const bottom = y + height;
  return [
    { x: 0, y: 0, width: screen.width, height: y },
    { x: 0, y, width: x, height },
    { x: right, y, width: screen.width - right, height },
    { x: 0, y: bottom, width: screen.width, height: screen.height - bottom },
  ].filter((part) => part.width > 0 && part.height > 0);
}

export function overlap(one: Region, other: Region): boolean {
  return one.x < other.x + other.width && other.x < one.x + one.width && one.y < other.y + other.height && other.y < one.y + one.height;
}
