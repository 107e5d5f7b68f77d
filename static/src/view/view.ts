/** The view around the desktop: renders the state of the page. */
import type { Access, PageData, Session } from "../api";
import type { CardContent, LifeState, NoticeContent } from "../connection";
import { announce } from "../dom/announce";
import { element } from "../dom/element";
import { Card } from "./card";
import { Endings, type WaysOn } from "./endings";
import { JobClock } from "./job-clock";
import { naming, type Naming } from "./naming";
import { Notice } from "./notice";
import { Picture } from "./picture";
import { progress } from "./progress";
import { PublicState, publicStateOf, setBackend, setPublicState } from "./public-state";

/** Actions of the user. */
export interface Commands extends WaysOn {
  cancel: () => void;
  retry: () => void;
}

const BLOCKED =
  "The server answers, but the connection to the desktop does not open. A reverse proxy in front of Jupyter may be blocking WebSockets: it must pass on the headers Upgrade and Connection. Trying again…";

const BLOCKED_IN_JOB = "The job of the desktop cannot be reached at the moment, but goes on. Trying again…";

export class View {
  private readonly named: Naming;
  private readonly card: Card;
  private readonly notice: Notice;
  private readonly endings: Endings;
  private readonly picture = new Picture();
  private readonly clock = new JobClock();
  /** The state rendered last; null before the first time. */
  private shown: LifeState | null = null;

  constructor(
    private readonly page: PageData,
    private readonly commands: Commands,
    private readonly inJob: () => boolean,
  ) {
    this.named = naming(page);
    this.card = new Card(page.lab);
    this.endings = new Endings(page, commands);
    this.notice = new Notice(commands.retry);
  }

  /** The only place that changes the page; unchanged parts are left alone. */
  render(now: LifeState): void {
    const before = this.shown;
    this.shown = now;
    if (now.session && now.session !== before?.session) this.knows(now.session);
    this.picture.show(now.picture);
    this.tellState(now);
    this.showNotice(now);
    if (now.card && now.card !== before?.card) this.showCard(now.card);
    element("view-only").hidden = now.access !== "view";
    if (now.access && now.phase.name === "connected" && before?.phase.name !== "connected") this.greet(now.access);
  }

  /** Keeps the desktop's last picture; returns whether there is one. */
  keep(desktop: HTMLCanvasElement | null): boolean {
    return this.picture.keep(desktop);
  }

  log(lines: string[]): void {
    this.card.addLog(lines);
  }

  private knows(session: Session): void {
    this.clock.knows(session);
    if (session.backend !== "auto") setBackend(session.backend);
  }

  private tellState(now: LifeState): void {
    if (now.card?.kind === "form") setPublicState(PublicState.Stopped, "not-started");
    else if (now.card?.kind !== "ending") setPublicState(publicStateOf(now));
    else {
      const [state, reason] = this.endings.of(now.card.failure);
      setPublicState(state, reason);
    }
  }

  private showNotice(now: LifeState): void {
    if (now.notice === null) this.notice.hide();
    else this.notice.show(now.notice.kind === "lost" ? "lost" : "busy", this.noticeText(now, now.notice));
  }

  private noticeText(now: LifeState, notice: NoticeContent): string {
    switch (notice.kind) {
      case "lost":
        return whyLost(now, notice.blocked);
      case "beginning":
        return this.page.application === null ? "Starting the session…" : this.starting;
      case "saving":
        return "Saving…";
      case "stopping":
        return `Stopping ${this.named.the}…`;
      case "cancelling":
        return "Cancelling the job…";
    }
  }

  private showCard(card: CardContent): void {
    switch (card.kind) {
      case "none":
        this.card.hide();
        break;
      case "progress":
        this.showProgress(card.session);
        break;
      case "form":
        this.card.form(this.page.application === null ? "Start a desktop" : `Start ${this.page.title}`);
        break;
      case "ending":
        this.clock.hide();
        this.card.message(this.endings.of(card.failure)[2]);
    }
  }

  private showProgress(session: Session | null): void {
    const { application, title } = this.page;
    const action = session?.job && session.state === "starting" ? { label: "Cancel", run: this.commands.cancel } : undefined;
    const steps = progress(session, application === null ? null : title, this.inJob());
    this.card.progress(comingTitle(session, this.starting), steps, action);
  }

  private get starting(): string {
    return this.page.application === null ? "Starting…" : `Starting ${this.page.title}…`;
  }

  private greet(access: Access): void {
    announce(access === "full" ? "Connected." : `Connected, view only: you can see ${this.named.the}, but not use it.`);
  }
}

function whyLost({ picture, online, session }: LifeState, blocked: boolean): string {
  const lost = picture ? "Connection lost. " : "";
  if (!online) return `${lost}You appear to be offline.`;
  if (blocked) return session?.job ? BLOCKED_IN_JOB : BLOCKED;
  return lost ? `${lost}Reconnecting…` : "The server does not answer. Trying again…";
}

function comingTitle(session: Session | null, starting: string): string {
  if (session?.step === "ending") return "Saving…";
  if (session?.state === "running") return "Connecting…";
  return session?.step === "queue" && session.job?.waiting ? "Waiting for a node…" : starting;
}
