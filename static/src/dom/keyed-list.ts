/** A line of a list, with its buttons. */
export interface Line {
  key: string;
  text: string;
  /** Shown in a muted colour after the text. */
  detail: string;
  /** Labels and actions of the buttons. */
  actions: Record<string, () => unknown>;
}

/** A list that may change while it is in use: a line that remains keeps its position, buttons and focus. */
export class KeyedList {
  /** Elements of the list by the key of their line. */
  private readonly items = new Map<string, HTMLElement>();

  constructor(
    private readonly list: HTMLElement,
    /** Gets the focus when the line that had it is removed. */
    private readonly refuge: HTMLElement,
  ) {}

  show(lines: Line[]): void {
    const keys = new Set(lines.map(({ key }) => key));
    for (const [key, item] of this.items) {
      if (!keys.has(key)) this.remove(key, item);
    }
    lines.forEach((line, index) => {
      const item = this.items.get(line.key) ?? this.add(line);
      fill(item, line);
      if (this.list.children[index] !== item) this.list.insertBefore(item, this.list.children[index] ?? null);
    });
  }

  private add(line: Line): HTMLElement {
    const item = document.createElement("li");
    const [text, detail] = [document.createElement("span"), document.createElement("span")];
    text.id = `line-${(serial += 1)}`;
    text.className = "text";
    detail.className = "detail";
    // Isolated: a name may contain characters that reverse the writing direction.
    text.dir = "auto";
    const actions = document.createElement("span");
    actions.className = "line-actions";
    actions.append(...Object.entries(line.actions).map(([label, run]) => button(label, run, text.id)));
    item.append(text, detail, actions);
    this.items.set(line.key, item);
    return item;
  }

  private remove(key: string, item: HTMLElement): void {
    if (item.contains(document.activeElement)) this.refuge.focus();
    item.remove();
    this.items.delete(key);
  }
}

/** For element ids: the last number used in the page. */
let serial = 0;

function fill(item: HTMLElement, { text, detail }: Line): void {
  const [first, second] = item.children;
  if (first && first.textContent !== text) first.textContent = text;
  if (second && second.textContent !== detail) second.textContent = detail;
}

function button(label: string, run: () => unknown, describedBy: string): HTMLElement {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = label;
  made.setAttribute("aria-describedby", describedBy);
  made.addEventListener("click", () => void run());
  return made;
}
