/** The properties of a window that decide its stacking. */
export interface Stacked {
  /** The window that this one is a dialog of; 0 if none. */
  parent: number;
  /** The dialog blocks that window. */
  modal: boolean;
  /** Above (1) or below (-1) all others, at the program's request. */
  layer: -1 | 0 | 1;
}

/** The stacking order of windows. */
export class Stack {
  /** From the lowest to the highest, before dialogs are moved above their windows. */
  private order: number[] = [];

  constructor(private readonly windows: ReadonlyMap<number, Stacked>) {}

  get all(): readonly number[] {
    return this.order;
  }

  /** Adds a window on top. */
  add(id: number): void {
    this.remove(id);
    this.order.push(id);
  }

  remove(id: number): void {
    this.order = this.order.filter((other) => other !== id);
  }

  /** Raises a window together with those that it is a dialog of. */
  raise(id: number): void {
    for (const each of this.family(id)) this.add(each);
  }

  lower(id: number): void {
    this.remove(id);
    this.order.unshift(id);
  }

  /** Restores an earlier order; newer windows go on top. */
  restore(before: readonly number[]): void {
    this.order = [...before.filter((id) => this.order.includes(id)), ...this.order.filter((id) => !before.includes(id))];
  }

  /** From the lowest to the highest, dialogs above their windows. */
  sorted(): number[] {
    const sorted = new Set<number>();
    const add = (id: number): void => {
      if (sorted.has(id)) return;
      sorted.add(id);
      for (const other of this.order) if (this.windows.get(other)?.parent === id) add(other);
    };
    for (const layer of [-1, 0, 1]) {
      for (const id of this.order) if (this.isRoot(id) && this.windows.get(id)?.layer === layer) add(id);
    }
    // The rest are dialogs of each other, in a circle.
    this.order.forEach(add);
    return [...sorted];
  }

  /** The window to use instead: a dialog that blocks this window, and so on. */
  unblocked(id: number): number {
    const seen = new Set<number>();
    let found = id;
    while (!seen.has(found)) {
      seen.add(found);
      const blocked = found;
      found = [...this.order].reverse().find((other) => this.blocks(other, blocked)) ?? found;
    }
    return found;
  }

  private blocks(other: number, id: number): boolean {
    const { parent, modal } = this.windows.get(other) ?? { parent: 0, modal: false };
    return modal && parent === id && other !== id;
  }

  private isRoot(id: number): boolean {
    return !this.windows.has(this.windows.get(id)?.parent ?? 0);
  }

  /** The windows that it is a dialog of, the outermost first, and the window itself. */
  private family(id: number): number[] {
    const family: number[] = [];
    for (let each = id; this.windows.has(each) && !family.includes(each); each = this.windows.get(each)?.parent ?? 0) {
      family.unshift(each);
    }
    return family;
  }
}
