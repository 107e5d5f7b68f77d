/** The page: wires its parts together. */
import { Api, readPageData } from "./api";
import { type Client, ClientScripts, type Keystroke } from "./clients";
import { Clipboard } from "./clipboard";
import { type Connection, Life, listenToBrowser } from "./connection";
import { element } from "./dom/element";
import { Owner } from "./dom/owner";
import { takeFocus } from "./dom/take-focus";
import { CommandSwitch, EscapeChord, InputGate, isPasteChord, KeyField, KeyInput } from "./input";
import { Sizing } from "./size";
import { ClipboardPanel, confirm, Fullscreen, KeysMenu, SharePanel, Toolbar } from "./tools";
import { naming, StartForm, View } from "./view";

class Page {
  private readonly data = readPageData();
  private readonly named = naming(this.data);
  private readonly form: StartForm = new StartForm(this.data, () => { this.life.begin("start"); });
  private readonly api = new Api(this.data, () => this.form.wish);
  private readonly screen = element("screen");
  private readonly forever = new Owner();
  private readonly command = new CommandSwitch(() => { this.focus(); });
  private readonly field = new KeyField(this.screen, this.command.mac);
  private readonly gate = new InputGate(this.screen, (event) => this.pastes(event));
  private readonly clipboard = new Clipboard(this.data.clipboard, this.screen, this.gate, (event) => this.pastes(event));
  private readonly keyInput = new KeyInput(this.field, this.screen, this.gate, {
    mac: this.command.mac,
    commandIsControl: () => this.command.on,
  });
  private readonly sizing = new Sizing(element("stage"), this.screen, this.guest, () => this.alone());
  private readonly toolbar = new Toolbar(new KeysMenu((keys) => { this.press(keys); }), () => { this.focus(); });
  private readonly panel = new ClipboardPanel(this.clipboard, () => { this.focus(); });
  private readonly sharing = new SharePanel(this.api, this.data.sharing, () => this.connection?.viewerId, () => { this.focus(); });
  private readonly view = new View(this.data, {
    begin: () => { this.begin(); },
    cancel: () => { this.life.tell({ kind: "stop", cancel: true }); },
    useHere: () => { this.life.begin("ask"); },
    retry: () => { this.life.tell({ kind: "retry" }); },
    reload: () => { location.reload(); },
  }, () => this.form.inJob);
  private readonly life: Life = new Life({
    api: this.api,
    screen: this.screen,
    scripts: new ClientScripts(this.data.clients),
    videoWorker: this.data.video?.worker ?? null,
    events: {
      clipboard: (text) => {
        if (!this.looksOn) this.clipboard.received(text);
      },
      resized: (size) => { this.sizing.resized(size); },
      wantsKeys: () => { this.focus(); },
    },
    attach: (connection) => { this.attach(connection); },
    render: (state) => { this.view.render(state); },
    keep: (picture) => this.view.keep(picture),
    log: (lines) => { this.view.log(lines); },
  }, { hidden: document.hidden, online: navigator.onLine, atHub: this.data.hub !== null });
  /** The connection that shows the desktop; null while there is none. */
  private connection: Connection | null = null;

  start(): void {
    this.begin();
    new Fullscreen(() => { this.focus(); });
    this.link("tool-lab", this.data.lab);
    this.link("tool-hub", this.data.hub);
    this.onClick("tool-clipboard", () => { this.panel.open(); });
    this.onClick("tool-share", () => { this.sharing.open(); });
    this.onClick("tool-restart", () => void this.restart());
    this.onClick("tool-stop", () => void this.stop());
    this.hide(["tool-share"], this.guest || this.data.sharing === "off");
    this.hide(["tool-restart", "tool-stop"], this.guest);
    this.listenForPointer();
    this.listenForEscape();
    listenToBrowser(this.life.tell);
  }

  /** Another user's desktop: nothing is started, stopped or restarted from here. */
  private get guest(): boolean {
    return this.data.share !== null;
  }

  private get looksOn(): boolean {
    return this.connection?.access === "view";
  }

  private begin(): void {
    this.life.begin(this.guest ? "ask" : this.form.wanted ? "look" : "start");
  }

  private attach(connection: Connection | null): void {
    this.connection = connection;
    const client = connection?.client ?? null;
    this.toolbar.enable(["tool-keys", "tool-clipboard", "tool-share", "tool-stop"], client !== null);
    if (client) this.hide(["tool-keys", "tool-clipboard"], this.looksOn);
    // View-only: no clipboard, no resizing, no keys.
    const used = this.looksOn ? null : client;
    this.sizing.attach(used);
    this.clipboard.attach(used);
    this.keyInput.attach(used);
    if (client) this.label(this.focusable(client));
    // Screen readers use the key field instead, which has the focus.
    if (used?.element instanceof HTMLCanvasElement) used.element.ariaHidden = "true";
  }

  private pastes(event: KeyboardEvent): boolean {
    return isPasteChord(event, this.command.on);
  }

  private focusable(client: Client): HTMLElement {
    return this.looksOn ? client.element : this.field.element;
  }

  private label(shown: HTMLElement): void {
    shown.tabIndex = 0;
    shown.setAttribute("role", this.looksOn ? "img" : "application");
    shown.setAttribute("aria-label", this.data.title);
    shown.setAttribute("aria-describedby", this.looksOn ? "view-only tools-help" : "tools-help");
    if (!document.querySelector("dialog[open]")) takeFocus(shown);
  }

  private hide(ids: string[], on: boolean): void {
    for (const id of ids) element(id).hidden = on;
  }

  private focus(): void {
    if (this.connection) this.focusable(this.connection.client).focus({ preventScroll: true });
  }

  private press(keys: readonly Keystroke[]): void {
    this.connection?.client.press(keys);
    this.toolbar.leave();
  }

  private async alone(): Promise<boolean> {
    try {
      const { viewers } = await this.api.ask(this.forever);
      return viewers.filter(({ access }) => access === "full").length <= 1;
    } catch {
      return false;
    }
  }

  private get warning(): string {
    const links = this.data.sharing === "off" ? "" : `, and links to ${this.named.the} end`;
    return `All its programs are ended. They get time to save; what a program does not save itself is lost${links}.`;
  }

  private async restart(): Promise<void> {
    const sure = await confirm(`Restart ${this.named.the}?`, this.warning, "Restart");
    this.focus();
    if (sure) this.life.tell({ kind: "restart" });
  }

  private async stop(): Promise<void> {
    const sure = await confirm(`Stop ${this.named.the}?`, this.warning, "Stop");
    this.focus();
    if (sure) this.life.tell({ kind: "stop", cancel: false });
  }

  private link(id: string, address: string | null): void {
    const link = element<HTMLAnchorElement>(id);
    link.hidden = address === null;
    if (address !== null) link.href = address;
  }

  private onClick(id: string, run: () => void): void {
    element(id).addEventListener("click", run);
  }

  /** A press on the desktop moves the focus to the element that takes keys, not elsewhere. */
  private listenForPointer(): void {
    this.screen.addEventListener("pointerdown", () => { this.focus(); }, { capture: true });
    this.screen.addEventListener("mousedown", (event) => { event.preventDefault(); }, { capture: true });
  }

  private listenForEscape(): void {
    const chord = new EscapeChord();
    const feed = (event: KeyboardEvent): void => {
      if (chord.feed(event)) this.toolbar.enter();
    };
    // Delayed, so that the desktop gets the release first.
    this.screen.addEventListener("keydown", feed, { capture: true });
    this.screen.addEventListener("keyup", (event) => { setTimeout(feed, 0, event); }, { capture: true });
    addEventListener("blur", () => { chord.reset(); });
  }
}

new Page().start();
