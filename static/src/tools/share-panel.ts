/** The panel with links to the desktop for other people, and the current viewers. */
import { type Access, type Api, Failure, type PageData, type Session, type Share, type Viewer, Watch } from "../api";
import { copyText } from "../dom/copy-text";
import { element } from "../dom/element";
import { KeyedList } from "../dom/keyed-list";
import { Owner } from "../dom/owner";
import { timeLeft } from "../view";

/** The links' time left changes, and another window may create or end one. */
const REFRESH_MS = 10_000;
const LINK: Record<Access, string> = { view: "View-only link", full: "Full-control link" };
const ACCESS: Record<Access, string> = { view: "view only", full: "full control" };

export class SharePanel {
  private readonly dialog = element<HTMLDialogElement>("share");
  private readonly access = element<HTMLSelectElement>("share-access");
  private readonly lifetime = element<HTMLSelectElement>("share-lifetime");
  private readonly link = element<HTMLInputElement>("share-link");
  private readonly status = element("share-status");
  private readonly links = new KeyedList(element("share-links"), element("share-create"));
  private readonly viewers = new KeyedList(element("share-viewers"), element("share-create"));
  /** Owns everything in progress while the dialog is open. */
  private owner = new Owner();
  /** A link is being created; another press creates no second one. */
  private creating = false;
  /** The error in the status line; cleared when the server answers again. */
  private complaint = "";

  constructor(
    private readonly api: Api,
    allowed: PageData["sharing"],
    /** This page's id among the viewers. */
    private readonly own: () => number | undefined,
    closed: () => void,
  ) {
    if (allowed !== "full") element("share-full").remove();
    element("share-form").addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.creating) return;
      this.creating = true;
      void this.attempt(() => this.create()).finally(() => (this.creating = false));
    });
    element("share-copy").addEventListener("click", () => void this.copy(this.link.value));
    element("share-close").addEventListener("click", () => {
      this.dialog.close();
    });
    this.dialog.addEventListener("close", () => {
      this.owner.dispose();
      closed();
    });
  }

  open(): void {
    this.owner = new Owner();
    this.status.textContent = "";
    this.showLink(null);
    this.dialog.showModal();
    this.watch();
    void this.attempt(() => this.refresh());
    this.owner.every(REFRESH_MS, () => void this.attempt(() => this.refresh()));
  }

  private watch(): void {
    const { owner } = this;
    const session = (known: Session): void => {
      if (known.state === "starting" || known.state === "running") this.showViewers(known.viewers);
      else this.dialog.close();
    };
    const failed = ({ kind }: Failure): void => {
      if (kind === "gone") this.dialog.close();
    };
    new Watch(this.api, { session, log: () => undefined, failed }, owner);
  }

  private async create(): Promise<void> {
    this.status.textContent = "Creating the link…";
    this.showLink(null);
    const { value } = this.access;
    const share = await this.api.share(value as Access, Number(this.lifetime.value), this.owner);
    this.showLink(share);
    this.selectLink();
    this.status.textContent = "The link is ready. Copy it and send it to the people who may see this desktop.";
    await this.refresh();
  }

  private async refresh(): Promise<void> {
    const shown = this.link.value;
    const shares = await this.api.shares(this.owner);
    if (this.status.textContent === this.complaint) this.status.textContent = "";
    const holds = shares.some((share) => this.api.linkOf(share) === shown);
    // A link that was created meanwhile is not among them.
    if (!holds && this.link.value === shown) this.showLink(null);
    this.showLinks(shares);
  }

  private showLink(share: Share | null): void {
    this.link.value = share ? this.api.linkOf(share) : "";
    element("share-made").hidden = share === null;
  }

  private showLinks(shares: Share[]): void {
    element("share-links-part").hidden = shares.length === 0;
    this.links.show(
      [...shares].reverse().map((share) => {
        const text = LINK[share.access];
        const end = (): Promise<void> => this.attempt(() => this.end(share));
        const copy = (): Promise<void> => this.copy(this.api.linkOf(share));
        return { key: share.id, text, detail: timeLeft(share.expires_in), actions: { "Copy link": copy, "End": end } };
      }),
    );
  }

  private showViewers(viewers: Viewer[]): void {
    const own = this.own();
    this.viewers.show(
      viewers.map(({ id, user, access }) => {
        const line = { key: `${id}`, text: user || "Unknown user", detail: ACCESS[access] };
        const disconnect = (): Promise<void> => this.attempt(() => this.disconnect(id));
        if (id !== own) return { ...line, actions: { Disconnect: disconnect } };
        // Another line: the server may have listed this viewer before the page knew its id.
        return { ...line, key: "own", detail: "this window", actions: {} };
      }),
    );
  }

  private async end(share: Share): Promise<void> {
    await this.api.endShare(share.id, this.owner);
    this.status.textContent = "The link has ended.";
    await this.refresh();
  }

  private async disconnect(viewer: number): Promise<void> {
    await this.api.disconnect(viewer, this.owner);
    const links = !element("share-links-part").hidden;
    this.status.textContent = links ? "Disconnected. People with a link can connect again until it ends." : "Disconnected.";
  }

  private async copy(link: string): Promise<void> {
    const copied = await copyText(link);
    this.status.textContent = copied ? "The link is copied." : "Your browser does not let this page copy: press Ctrl+C to copy the link above.";
    if (copied) return;
    this.link.value = link;
    element("share-made").hidden = false;
    this.selectLink();
  }

  private selectLink(): void {
    this.link.focus();
    // Backwards, so that the beginning is visible.
    this.link.setSelectionRange(0, this.link.value.length, "backward");
    this.link.scrollLeft = 0;
  }

  /** Runs an action, and shows its failure. */
  private async attempt(what: () => Promise<void>): Promise<void> {
    const { owner } = this;
    try {
      await what();
    } catch (error) {
      if (!owner.disposed) this.say(Failure.of(error));
    }
  }

  private say({ kind, details: { problem } }: Failure): void {
    this.complaint = problem ? [problem.message, problem.remedy].filter(Boolean).join(" ") : (SAID[kind] ?? UNREACHABLE);
    this.status.textContent = this.complaint;
  }
}

const UNREACHABLE = "The server does not answer. Try again in a moment.";
const SAID: Partial<Record<Failure["kind"], string>> = {
  "signed-out": "You have been signed out. Sign in to Jupyter again.",
  "gone": "The desktop has ended.",
};
