/** The card of each ending, and the public state that goes with it. */
import type { Failure, PageData, Session } from "../api";
import type { Message } from "./card";
import { guestEnding } from "./guest-endings";
import { naming, type Naming } from "./naming";
import { PublicState } from "./public-state";

/** Actions of the user on such a card. */
export interface WaysOn {
  begin: () => void;
  useHere: () => void;
  /** Only a page that the server sends anew has the current clients. */
  reload: () => void;
}

/** The public state, its reason, and the card. */
export type Ending = [PublicState, reason: string, Message];

/** The endings of one page. */
export class Endings {
  private readonly named: Naming;

  constructor(
    private readonly page: Pick<PageData, "application" | "title" | "share" | "login">,
    private readonly ways: WaysOn,
  ) {
    this.named = naming(page);
  }

  of(failure: Failure): Ending {
    const { session, problem } = failure.details;
    const forGuest = this.page.share === null ? null : guestEnding(failure, this.named, this.ways.begin);
    if (forGuest) return forGuest;
    if (failure.kind === "signed-out") return [PublicState.Failed, "signed-out", this.signedOut()];
    if (failure.kind === "not-running") return [PublicState.Failed, "not-running", this.notRunning()];
    if (failure.kind === "elsewhere") return [PublicState.Stopped, "elsewhere", this.elsewhere()];
    if (failure.kind === "disconnected") return [PublicState.Stopped, "disconnected", this.cutOff()];
    if (session?.state === "failed" || problem) return this.failed(failure);
    return [PublicState.Stopped, "session-ended", this.stopped(session)];
  }

  private signedOut(): Message {
    return {
      title: "You have been signed out",
      text: `The server no longer accepts this page's sign-in. ${this.named.The} is not affected.`,
      remedy: "Sign in again to return to it.",
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
      text: "Another window took over this connection.",
      action: { label: "Use it here", run: this.ways.useHere },
    };
  }

  private cutOff(): Message {
    return {
      title: "This window was disconnected",
      text: `Its connection was closed from another window of ${this.named.this}.`,
      action: { label: "Connect again", run: this.ways.useHere },
    };
  }

  private stopped(session: Session | undefined): Message {
    return {
      title: `${this.named.The} has ended`,
      text: session?.reason ?? session?.error?.message ?? this.whyEnded(),
      remedy: session?.error?.remedy,
      log: session?.log ?? [],
      logOpen: Boolean(session?.status),
      action: { label: "Start again", run: this.ways.begin },
    };
  }

  private failed(failure: Failure): Ending {
    const { session } = failure.details;
    const problem = failure.details.problem ?? session?.error ?? { message: `${this.named.The} could not be started.` };
    const message = {
      title: this.failedTitle(session),
      text: problem.message,
      remedy: problem.remedy,
      command: problem.command,
      log: session?.log ?? [],
      logOpen: true,
      action: { label: "Try again", run: failure.kind === "no-client" ? this.ways.reload : this.ways.begin },
    };
    return [PublicState.Failed, problem.reason ?? "failed", message];
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
