/** The clipboards of browser and desktop. */
import type { PageData } from "../api";
import type { Client } from "../clients";
import { copyText } from "../dom/copy-text";
import type { InputGate } from "../input";
import { portable } from "./portable-text";
import { SharedText } from "./shared-text";

/** How long a key may wait for the browser's clipboard. */
const HOLD_MS = 300;
/** The browser's paste event follows its key within this time, or does not come. */
const PASTE_EVENT_MS = 40;
/** `button` of MouseEvent. */
const MIDDLE = 1;
/** Failed writes of one text, each after a user gesture, before giving up: the panel remains. */
const TRIES = 4;

/** Keeps the clipboards of browser and desktop the same, in the directions that the administrator allows. */
export class Clipboard {
  readonly inbound: boolean;
  readonly outbound: boolean;
  /** The newest text of the desktop's clipboard. */
  latest = "";

  private readonly memory = new SharedText();
  /** The client that texts go to; null while there is no connection. */
  private client: Client | null = null;
  /** The text that was offered to the desktop, but not sent yet. */
  private onlyOffered: string | null = null;
  /** The desktop's text that is still to be written to the browser's clipboard. */
  private unwritten: { text: string; tries: number } | null = null;
  /** A write is in progress; the next one waits for its end. */
  private writing = false;
  /** Counts what makes a read that has begun out of date: texts of the desktop, and their writes. */
  private changes = 0;
  /** The user was asked for the permission to read; once is enough. */
  private asked = false;
  /** Called at the browser's paste event. */
  private pasted: () => void = () => undefined;

  constructor(
    allowed: PageData["clipboard"],
    private readonly screen: HTMLElement,
    private readonly gate: InputGate,
    private readonly pastes: (event: KeyboardEvent) => boolean,
  ) {
    this.inbound = allowed.in;
    this.outbound = allowed.out;
    if (this.inbound) this.listenInbound();
    if (this.outbound) this.listenOutbound();
  }

  attach(client: Client | null): void {
    this.client = client;
    if (!client || !this.inbound) return;
    const text = this.memory.reconnected();
    if (text !== null) client.offer(text, false);
    this.onlyOffered = text;
    void this.readQuietly();
  }

  /** Puts a text on the desktop's clipboard, even if it seems to be there already. */
  send(text: string): void {
    const sent = portable(text);
    this.memory.fromBrowser(sent);
    this.client?.offer(sent, true);
  }

  received(text: string): void {
    this.onlyOffered = null;
    if (!this.outbound) return;
    this.latest = text;
    const wanted = this.memory.fromDesktop(text);
    if (text === "") return;
    // Even where the browser has this text already, an older one must not be written any more.
    this.unwritten = wanted ? { text, tries: 0 } : null;
    this.changes += 1;
    void this.write();
  }

  private listenInbound(): void {
    const { screen } = this;
    addEventListener("focus", () => void this.readQuietly());
    screen.addEventListener("pointerdown", () => void this.askOnce());
    addEventListener("keydown", this.onKey, { capture: true });
    addEventListener("mousedown", this.onButton, { capture: true });
    document.addEventListener("paste", (event) => {
      if (event.target instanceof Node && event.target !== document.body && !screen.contains(event.target)) return;
      event.preventDefault();
      this.found(event.clipboardData?.getData("text/plain") ?? "", true);
      this.pasted();
    });
  }

  private listenOutbound(): void {
    // Some browsers allow writing only shortly after a gesture, and all only while the page has the focus.
    for (const type of ["focus", "keydown", "pointerdown", "pointerup"]) {
      addEventListener(type, () => void this.write(), { capture: true });
    }
    addEventListener("blur", () => {
      this.memory.leave();
    });
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    const forDesktop = event.target instanceof Node && this.screen.contains(event.target);
    if (event.isTrusted && forDesktop && this.client && this.pastes(event)) this.beforePaste();
  };

  /** The middle button pastes, too. */
  private readonly onButton = (event: MouseEvent): void => {
    const forDesktop = event.target instanceof Node && this.screen.contains(event.target);
    if (event.isTrusted && forDesktop && event.button === MIDDLE) void this.readQuietly(true);
  };

  /** Holds the paste key until the desktop has the text: from the browser's paste event, or else by reading. */
  private beforePaste(): void {
    const open = this.gate.hold(HOLD_MS);
    const timer = setTimeout(() => {
      void this.readQuietly(true).finally(open);
    }, PASTE_EVENT_MS);
    this.pasted = () => {
      clearTimeout(timer);
      open();
    };
  }

  /** Reads the browser's clipboard only where that is already permitted, so without a question to the user. */
  private async readQuietly(pasting = false): Promise<void> {
    if (!this.client || !document.hasFocus()) return;
    const open = this.gate.hold(HOLD_MS);
    try {
      if ((await readPermission()) === "granted") await this.read(pasting);
    } finally {
      open();
    }
  }

  private async askOnce(): Promise<void> {
    if (this.asked || !this.client) return;
    this.asked = true;
    if ((await readPermission()) === "prompt") await this.read();
  }

  private async read(pasting = false): Promise<void> {
    const before = this.changes;
    try {
      const text = await navigator.clipboard.readText();
      // A text of the desktop's that came meanwhile is newer than the one read.
      if (this.changes === before && !this.writing) this.found(text, pasting);
    } catch {
      // Not allowed, or not a text: the paste keys and the panel remain.
    }
  }

  /** Before it is pasted, a text is only offered to the desktop: it may be a password for something else. */
  private found(given: string, pasting: boolean): void {
    const text = portable(given);
    if (text === "") return;
    const unknown = this.memory.fromBrowser(text);
    const wanted = pasting && this.onlyOffered === text;
    if (!unknown && !wanted) return;
    this.onlyOffered = pasting ? null : text;
    // The browser's text is newer than the desktop's unwritten one.
    this.unwritten = null;
    if (unknown) this.client?.offer(text, pasting);
    else this.client?.provide(text);
  }

  private async write(): Promise<void> {
    const job = this.unwritten;
    if (!job || this.writing || !document.hasFocus()) return;
    this.writing = true;
    this.memory.writes();
    const gesture = atGesture();
    if (await copyText(job.text)) {
      this.memory.written(job.text);
      this.changes += 1;
    } else if (gesture) job.tries += 1;
    this.writing = false;
    const settled = this.memory.browserHas(job.text) || job.tries >= TRIES;
    if (this.unwritten === job) this.unwritten = settled ? null : job;
    else void this.write();
  }
}

/** Whether a recent user gesture allows writing. The focus does not count, nor, in some browsers, a modifier key. */
function atGesture(): boolean {
  // Some browsers from before 2024 lack this property.
  return (navigator.userActivation as UserActivation | undefined)?.isActive ?? true;
}

/** "unknown" where browsers have no such permission (and reading would show a button or fail). */
async function readPermission(): Promise<PermissionState | "unknown"> {
  try {
    return (await navigator.permissions.query({ name: "clipboard-read" as PermissionName })).state;
  } catch {
    return "unknown";
  }
}
