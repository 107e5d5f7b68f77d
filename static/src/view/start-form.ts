/** The form before a start: placement and options. */
import type { Field, PageData, Placement } from "../api";
import { element } from "../dom/element";

const REMEMBERED = "jupyter-desktop-start";

type Choice = Record<string, string>;

export class StartForm {
  private readonly form = element<HTMLFormElement>("card-form");
  private readonly places: Placement[];
  private readonly guest: boolean;

  constructor(page: PageData, start: () => void) {
    this.places = page.placements;
    this.guest = page.share !== null;
    element("card-fields").append(...this.build());
    this.remember(remembered());
    this.form.addEventListener("change", () => { this.follow(); });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      remember(this.all());
      start();
    });
    this.follow();
  }

  /** Whether there is anything to choose. */
  get wanted(): boolean {
    return !this.guest && (this.places.length > 1 || this.places.some(({ fields }) => fields.length > 0));
  }

  /** The choices, as a part of the request to start. */
  get wish(): object {
    if (!this.wanted) return {};
    const { name, fields } = this.place;
    const options = Object.fromEntries(fields.map((field) => [field.name, this.control(name, field.name).value.trim()]));
    return { ...(this.places.length > 1 ? { placement: name } : {}), options };
  }

  /** Whether a start begins with a batch job. */
  get inJob(): boolean {
    return this.place.name === "slurm";
  }

  private get place(): Placement {
    const chosen = this.places.length > 1 ? this.control("", "placement").value : this.places[0]?.name;
    return this.places.find(({ name }) => name === chosen) ?? { name: "local", label: "", fields: [] };
  }

  private build(): HTMLElement[] {
    const names = this.places.map(({ name }) => name);
    const where = { name: "placement", label: "Where", kind: "choice", value: names[0] ?? "", choices: names, most: 0, step: 1 } as const;
    const choice = this.places.length > 1 ? [this.row("", where, this.places.map(({ label }) => label))] : [];
    return [...choice, ...this.places.flatMap(({ name, fields }) => fields.map((field) => this.row(name, field, field.choices)))];
  }

  private row(place: string, field: Field | Readonly<Field>, labels: readonly string[]): HTMLElement {
    const row = document.createElement("div");
    const label = document.createElement("label");
    const control = field.kind === "choice" ? select(field.choices, labels) : input(field);
    control.id = `start-${place}-${field.name}`;
    control.value = field.value;
    label.htmlFor = control.id;
    label.textContent = field.kind === "number" ? `${field.label} (up to ${field.most})` : field.label;
    row.dataset["place"] = place;
    row.append(label, control);
    return row;
  }

  /** Shows only the fields of the chosen placement. */
  private follow(): void {
    const { name } = this.place;
    for (const row of this.form.querySelectorAll<HTMLElement>("[data-place]")) {
      const place = row.dataset["place"] ?? "";
      row.hidden = place !== "" && place !== name;
      for (const control of row.querySelectorAll<HTMLInputElement>("input, select")) control.disabled = row.hidden;
    }
  }

  private control(place: string, name: string): HTMLInputElement {
    return element<HTMLInputElement>(`start-${place}-${name}`);
  }

  private controls(): HTMLInputElement[] {
    return [...this.form.querySelectorAll<HTMLInputElement>("input, select")];
  }

  private all(): Choice {
    return Object.fromEntries(this.controls().map(({ id, value }) => [id, value]));
  }

  /** Restores the last choices, as far as they are still valid. */
  private remember(choice: Choice): void {
    for (const control of this.controls()) {
      const usual = control.value;
      control.value = choice[control.id] ?? usual;
      if (!control.checkValidity() || (control.value === "" && usual !== "")) control.value = usual;
    }
  }
}

function select(choices: readonly string[], labels: readonly string[]): HTMLSelectElement {
  const made = document.createElement("select");
  made.append(...choices.map((value, index) => new Option(labels[index] ?? value, value)));
  return made;
}

function input({ kind, most, step }: Readonly<Field>): HTMLInputElement {
  const made = document.createElement("input");
  made.type = kind;
  made.autocomplete = "off";
  made.spellcheck = false;
  if (kind === "text") {
    made.maxLength = 64;
    made.placeholder = "default";
    return made;
  }
  made.required = true;
  made.min = step === 1 ? "0" : String(step);
  made.max = String(most);
  made.step = String(step);
  return made;
}

function remembered(): Choice {
  try {
    return JSON.parse(localStorage.getItem(REMEMBERED) ?? "{}") as Choice;
  } catch {
    return {};
  }
}

function remember(choice: Choice): void {
  try {
    localStorage.setItem(REMEMBERED, JSON.stringify(choice));
  } catch {
    // A browser that stores nothing shows the defaults again.
  }
}
