/** What there is to know of a window to stack it. */
export interface Stacked {
  /** The window that it is a dialog of; 0 if it is none. */
  parent: number;
  /** It blocks that one. */
  modal: boolean;
  /** It has asked to be above (1) or below (-1) all others. */
  layer: -1 | 0 | 1;
}

/** Which window is above which. */
export class Stack {
  /** From the lowest to the highest; dialogs are not sorted in yet. */
  private order: number[] = [];

  constructor(private readonly windows: ReadonlyMap<number, Stacked>) {}

  get all(): readonly number[] {
    return this.order;
  }

  /** On top of all. */
  add(id: number): void {
    this.remove(id);
    this.order.push(id);
  }

  remove(id: number): void {
    this.order = this.order.filter((other) => other !== id);
  }

  /** A window comes to the top together with those that it is a dialog of. */
  raise(id: number): void {
    for (const each of this.family(id)) this.add(each);
  }

  lower(id: number): void {
    this.remove(id);
    this.order.unshift(id);
  }

  /** As they were stacked once, those above that came since. */
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
    // Dialogs of each other, in a circle.
    this.order.forEach(add);
    return [...sorted];
  }

  /** The one to work in instead: a dialog that blocks this window, and so on. */
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

  /** The windows that it is a dialog of, the last of them first, and itself. */
  private family(id: number): number[] {
    const family: number[] = [];
    for (let each = id; this.windows.has(each) && !family.includes(each); each = this.windows.get(each)?.parent ?? 0) {
      family.unshift(each);
    }
    return family;
  }
}
