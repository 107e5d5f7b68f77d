/** The card in the middle: progress of a start, or why there is no desktop and what to do. */
import { announce } from "../dom/announce";
import { copyText } from "../dom/copy-text";
import { element } from "../dom/element";
import { takeFocus } from "../dom/take-focus";
import type { Step } from "./progress";

/** Content of a card for an end or an error. */
export interface Message {
  title: string;
  text?: string;
  remedy?: string | null | undefined;
  command?: string | null | undefined;
  log?: string[];
  logOpen?: boolean;
  /** The button and its action. */
  action?: { label: string; run: () => void } | undefined;
  login?: string;
  loginLabel?: string;
}

const COPIED_MS = 2000;

export class Card {
  private readonly card = element("card");
  private readonly button = element<HTMLButtonElement>("card-action");
  private readonly log = element("card-log-text");
  /** Action of the button. */
  private run: () => void = () => undefined;

  constructor(lab: string | null) {
    this.button.addEventListener("click", () => {
      this.run();
    });
    element("card-copy").addEventListener("click", () => {
      void this.copyCommand();
    });
    if (lab !== null) element<HTMLAnchorElement>("card-lab").href = lab;
  }

  hide(): void {
    this.card.hidden = true;
  }

  /** `action` is for the button meanwhile. */
  progress(title: string, steps: Step[], action?: Message["action"]): void {
    if (this.card.dataset["kind"] !== "progress") this.log.textContent = "";
    this.show("progress", { title, action });
    announce([title, ...steps.map(({ detail }) => detail)].filter(Boolean).join(" "));
    const list = steps.map((step) => {
      const item = document.createElement("li");
      item.textContent = step.label;
      item.dataset["status"] = step.status;
      if (step.status === "current") item.setAttribute("aria-current", "step");
      if (step.detail) item.append(detail(step.detail));
      return item;
    });
    element("card-steps").replaceChildren(...list);
  }

  /** The form that comes before a start. */
  form(title: string): void {
    this.show("form", { title });
    element("card-steps").replaceChildren();
    this.log.textContent = "";
    this.showLog(false);
    announce(title);
    takeFocus(element("card-start"));
  }

  message(message: Message): void {
    this.show("message", message);
    element("card-steps").replaceChildren();
    this.log.textContent = (message.log ?? []).join("\n");
    this.showLog(message.logOpen ?? false);
    announce([message.title, message.text, message.remedy].filter(Boolean).join(" "));
    takeFocus(message.login ? element("card-login") : this.button);
  }

  addLog(lines: string[]): void {
    this.log.append(...lines.map((line) => `${line}\n`));
    this.showLog(false);
  }

  private show(kind: "progress" | "message" | "form", message: Message): void {
    this.card.dataset["kind"] = kind;
    this.card.hidden = false;
    element("card-form").hidden = kind !== "form";
    element("card-title").textContent = message.title;
    fill("card-text", message.text);
    fill("card-remedy", message.remedy);
    fill("card-command-text", message.command);
    element("card-command").hidden = !message.command;
    fill("card-action", message.action?.label);
    this.button.classList.toggle("primary", kind === "message");
    this.run = message.action?.run ?? this.run;
    const login = element<HTMLAnchorElement>("card-login");
    login.hidden = !message.login;
    login.href = message.login ?? "";
    login.textContent = message.loginLabel ?? "Sign in";
    const lab = element<HTMLAnchorElement>("card-lab");
    lab.hidden = kind === "progress" || !lab.hasAttribute("href");
  }

  private showLog(open: boolean): void {
    const details = element<HTMLDetailsElement>("card-log");
    details.hidden = this.log.textContent === "";
    details.open ||= open;
    this.log.scrollTop = this.log.scrollHeight;
  }

  private async copyCommand(): Promise<void> {
    const command = element("card-command-text");
    const button = element("card-copy");
    if (await copyText(command.textContent)) button.textContent = "Copied";
    else getSelection()?.selectAllChildren(command);
    announce(button.textContent);
    setTimeout(() => (button.textContent = "Copy"), COPIED_MS);
  }
}

function detail(text: string): HTMLElement {
  const made = document.createElement("small");
  made.textContent = text;
  return made;
}

function fill(id: string, text: string | null | undefined): void {
  element(id).textContent = text ?? "";
  element(id).hidden = !text;
}
