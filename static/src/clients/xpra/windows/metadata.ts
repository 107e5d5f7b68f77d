/** A window's properties, as Xpra sends them: any may be missing, or have another type. */
import { fromBytes } from "../wire/byte-text";
import { type Limits, NO_LIMITS } from "./geometry";

/** Types of windows (EWMH, _NET_WM_WINDOW_TYPE) that have a frame. */
const FRAMED = ["NORMAL", "DIALOG", "UTILITY"];

export class Metadata {
  /** As received, all updates merged. */
  private raw: Record<string, unknown> = {};

  update(news: Record<string, unknown>): void {
    this.raw = { ...this.raw, ...news };
  }

  has(name: string): boolean {
    return name in this.raw;
  }

  flag(name: string): boolean {
    return Boolean(this.raw[name]);
  }

  /** Always a text, whatever the program has set. */
  get title(): string {
    const { title } = this.raw;
    const text = typeof title === "string" ? fromBytes(title).trim() : "";
    return text || "Untitled window";
  }

  /** The window that this one is a dialog of; 0 if none. */
  get parent(): number {
    const parent = this.raw["transient-for"];
    return typeof parent === "number" && parent > 0 ? parent : 0;
  }

  get layer(): -1 | 0 | 1 {
    if (this.flag("above")) return 1;
    return this.flag("below") ? -1 : 0;
  }

  get framed(): boolean {
    const types = this.raw["window-type"];
    const [type = "NORMAL"] = Array.isArray(types) ? (types as unknown[]) : [];
    return this.raw["decorations"] !== 0 && FRAMED.includes(String(type));
  }

  get limits(): Limits {
    const hints = (this.raw["size-constraints"] ?? {}) as Record<string, unknown>;
    const least = pair(hints["minimum-size"], pair(hints["base-size"], NO_LIMITS.least));
    const most = pair(hints["maximum-size"], NO_LIMITS.most);
    return {
      least,
      most: [Math.max(most[0], least[0]), Math.max(most[1], least[1])],
      base: pair(hints["base-size"], pair(hints["minimum-size"], NO_LIMITS.base)),
      step: pair(hints["increment"], NO_LIMITS.step),
    };
  }
}

function pair(value: unknown, otherwise: readonly [number, number]): readonly [number, number] {
  if (!Array.isArray(value) || value.length < 2) return otherwise;
  const [one, two] = value as unknown[];
  return typeof one === "number" && typeof two === "number" && one > 0 && two > 0 ? [one, two] : otherwise;
}
