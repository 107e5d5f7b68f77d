/** The button that makes a Mac's Command key Ctrl; on by default. */
import { element } from "../dom/element";

const NAME = "jupyter-desktop.command-is-control";

export class CommandSwitch {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- only Chromium has its replacement
  readonly mac = /^(Mac|iP(hone|ad|od))/.test(navigator.platform);
  private readonly button = element("tool-command");
  /** The user's setting in this browser. */
  private wanted = remembered() !== "off";

  constructor(done: () => void) {
    this.button.hidden = !this.mac;
    this.show();
    this.button.addEventListener("click", () => {
      this.wanted = !this.wanted;
      remember(this.wanted ? "on" : "off");
      this.show();
      done();
    });
  }

  get on(): boolean {
    return this.mac && this.wanted;
  }

  private show(): void {
    this.button.setAttribute("aria-pressed", String(this.wanted));
  }
}

// localStorage throws in browsers that store nothing for this site.
function remembered(): string | null {
  try {
    return localStorage.getItem(NAME);
  } catch {
    return null;
  }
}

function remember(value: string): void {
  try {
    localStorage.setItem(NAME, value);
  } catch {
    // The setting holds for this page only.
  }
}
