import type { Access, Failure, PageData, Session } from "../api";
import { announce } from "../dom/announce";
import { element } from "../dom/element";
import { Card, type Message } from "./card";
import { guestEnding } from "./guest-endings";
import { JobClock } from "./job-clock";
import { naming, type Naming } from "./naming";
import { Notice } from "./notice";
import { Picture } from "./picture";
import { progress } from "./progress";
import { setBackend, setState, State } from "./state";

/** What the user can press. */
export interface Commands {
  begin: () => void;
  cancel: () => void;
  useHere: () => void;
  retry: () => void;
}

const BLOCKED =
  "The server answers, but the connection to the desktop does not open. A reverse proxy in front of Jupyter may keep WebSockets back: it must pass on the headers Upgrade and Connection. Trying again…";

const BLOCKED_IN_JOB = "The job with the desktop cannot be reached at the moment; it goes on. Trying again…";

/** Everything the page shows around the desktop. */
export class View {
  readonly picture = new Picture();
  private readonly named: Naming;
  private readonly card: Card;
  private readonly notice: Notice;
  private readonly clock = new JobClock();

  constructor(
    private readonly page: PageData,
    private readonly commands: Commands,
    private readonly inJob: () => boolean,
  ) {
    this.named = naming(page);
    this.card = new Card(page.lab);
    this.notice = new Notice(() => {
      commands.retry();
    });
  }

  knows(session: Session): void {
    this.clock.knows(session);
    if (session.backend !== "auto") setBackend(session.backend);
  }

  /** No picture yet: the steps. */
  coming(session: Session | null): void {
    if (session) this.notice.hide();
    setState(session?.reachable ? State.Connecting : State.Starting);
    const action = session?.job && session.state === "starting" ? { label: "Cancel", run: this.commands.cancel } : undefined;
    const { application, title } = this.page;
    const starting = application === null ? "Starting…" : `Starting ${title}…`;
    const steps = progress(session, application === null ? null : title, this.inJob());
    this.card.progress(comingTitle(session, starting), steps, action);
  }

  /** There is no desktop, and the user is to say what it should be like. */
  asks(): void {
    this.notice.hide();
    this.picture.drop();
    setState(State.Stopped, "not-started");
    this.card.form(this.page.application === null ? "Start a desktop" : `Start ${this.page.title}`);
  }

  busy(text: string): void {
    this.notice.show("busy", text);
  }

  /** It is connected, and there is little to see. */
  beginning(): void {
    this.busy(this.page.application === null ? "Starting the session…" : `Starting ${this.page.title}…`);
  }

  /** Programs save what they have, since the desktop ends. */
  saving(): void {
    this.busy("Saving…");
  }

  log(lines: string[]): void {
    this.card.addLog(lines);
  }

  connected(access: Access): void {
    setState(State.Connected);
    element("view-only").hidden = access === "full";
    announce(access === "full" ? "Connected." : `Connected. You can look on, but not use ${this.named.the}.`);
  }

  /** The desktop's first pixels are there. */
  visible(): void {
    this.card.hide();
    this.picture.drop();
    this.notice.hide();
  }

  calm(): void {
    this.notice.hide();
  }

  disconnected(desktop: HTMLCanvasElement | null): void {
    this.picture.keep(desktop);
    setState(this.picture.shown ? State.Reconnecting : State.Connecting);
  }

  /** There will be another attempt. */
  lost(blocked = false): void {
    this.notice.show("lost", this.whyLost(blocked));
    if (this.picture.shown) this.card.hide();
  }

  private whyLost(blocked: boolean): string {
    const lost = this.picture.shown ? "Connection lost. " : "";
    if (!navigator.onLine) return `${lost}You appear to be offline.`;
    if (blocked) return this.clock.runs ? BLOCKED_IN_JOB : BLOCKED;
    return lost ? `${lost}Reconnecting…` : "The server does not answer. Trying again…";
  }

  ended(failure: Failure): void {
    this.notice.hide();
    this.picture.drop();
    const [state, reason, message] = this.ending(failure);
    setState(state, reason);
    element("view-only").hidden = true;
    this.clock.hide();
    this.card.message(message);
  }

  private ending(failure: Failure): [State, string, Message] {
    const { session, problem } = failure.details;
    const forGuest = this.page.share === null ? null : guestEnding(failure, this.named, this.commands.begin);
    if (forGuest) return forGuest;
    if (failure.kind === "signed-out") return [State.Failed, "signed-out", this.signedOut()];
    if (failure.kind === "not-running") return [State.Failed, "not-running", this.notRunning()];
    if (failure.kind === "elsewhere") return [State.Stopped, "elsewhere", this.elsewhere()];
    if (failure.kind === "disconnected") return [State.Stopped, "disconnected", this.cutOff()];
    if (session?.state === "failed" || problem) return this.failed(failure);
    return [State.Stopped, "session-ended", this.stopped(session)];
  }

  private signedOut(): Message {
    return {
      title: "You have been signed out",
      text: `The server no longer accepts this page's sign-in. ${this.named.The} is not affected by that.`,
      remedy: "Sign in again to come back to it.",
      login: this.page.login,
    };
  }

  private notRunning(): Message {
    return {
      title: "Your Jupyter server is not running",
      text: `It was stopped, and ${this.named.the} ended with it; or you have been signed out of JupyterHub.`,
      remedy: "Open this page again: JupyterHub then offers to start the server, or to sign in.",
      login: this.page.login,
      loginLabel: "Open again",
    };
  }

  private elsewhere(): Message {
    return {
      title: `${this.named.This} is now open elsewhere`,
      text: "Another window took this connection over.",
      action: { label: "Use it here", run: this.commands.useHere },
    };
  }

  private cutOff(): Message {
    return {
      title: "This window was disconnected",
      text: `Somebody closed its connection from another window of ${this.named.this}.`,
      action: { label: "Connect again", run: this.commands.useHere },
    };
  }

  private stopped(session: Session | undefined): Message {
    return {
      title: `${this.named.The} has ended`,
      text: session?.reason ?? session?.error?.message ?? this.whyEnded(),
      remedy: session?.error?.remedy,
      log: session?.log ?? [],
      logOpen: Boolean(session?.status),
      action: { label: "Start again", run: this.commands.begin },
    };
  }

  private failed(failure: Failure): [State, string, Message] {
    const { session } = failure.details;
    const problem = failure.details.problem ?? session?.error ?? { message: `${this.named.The} could not be started.` };
    const message = {
      title: this.failedTitle(session),
      text: problem.message,
      remedy: problem.remedy,
      command: problem.command,
      log: session?.log ?? [],
      logOpen: true,
      action: { label: "Try again", run: failure.kind === "no-client" ? reload : this.commands.begin },
    };
    return [State.Failed, problem.reason ?? "failed", message];
  }

  private whyEnded(): string {
    return this.page.application === null ? "You logged out, or the desktop was stopped." : "It was closed or stopped.";
  }

  private failedTitle(session: Session | undefined): string {
    const { The } = this.named;
    if (!session) return `${The} cannot be opened`;
    return session.step === "running" || session.step === "ending" ? `${The} stopped unexpectedly` : `${The} did not start`;
  }
}

/** Only the page as the server sends it knows the clients there are. */
function reload(): void {
  location.reload();
}

function comingTitle(session: Session | null, starting: string): string {
  if (session?.step === "ending") return "Saving…";
  if (session?.state === "running") return "Connecting…";
  return session?.step === "queue" && session.job?.waiting ? "Waiting for a node…" : starting;
}
