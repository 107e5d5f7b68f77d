/** A line of a list, with its buttons. */
export interface Line {
  key: string;
  text: string;
  /** Said more quietly, behind the text. */
  detail: string;
  /** What the buttons are called, and do. */
  actions: Record<string, () => unknown>;
}

/** A list that changes while a user is at work in it: a line that stays keeps its place, buttons and focus. */
export class KeyedList {
  private readonly items = new Map<string, HTMLElement>();

  constructor(
    private readonly list: HTMLElement,
    /** Gets the focus when the line that had it goes. */
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
    // Isolated: a name may hold characters that turn the direction of writing round.
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
