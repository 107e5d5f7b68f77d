/** Follows a session by server-sent events, and by polling when none come. */
import { Owner } from "../dom/owner";
import type { Api } from "./api";
import { readEvents } from "./event-stream";
import { Failure } from "./failure";
import type { Session } from "./session";

/** Some proxies buffer server-sent events; then the page polls. */
const SILENT_MS = 3000;
/** A running session sends fewer events. */
const QUIET_MS = 30_000;

export interface Listener {
  session(session: Session): void;
  log(lines: string[]): void;
  failed(failure: Failure): void;
}

export class Watch {
  private readonly owner: Owner;
  /** The stream of events is open, or being opened. */
  private listening = false;
  /** The page polls after this much silence (ms). */
  private patience = SILENT_MS;
  /** Cancels the next poll. */
  private cancelAsking: () => void = () => undefined;

  constructor(
    private readonly api: Api,
    private readonly listener: Listener,
    parent: Owner,
  ) {
    this.owner = new Owner(parent);
    void this.listen();
    this.askLater();
  }

  dispose(): void {
    this.owner.dispose();
  }

  private async listen(): Promise<void> {
    this.listening = true;
    try {
      await readEvents(await this.api.events(this.owner), (type, data) => {
        if (this.owner.disposed) return;
        if (type === "state") this.heard(JSON.parse(data) as Session);
        if (type === "log") this.listener.log((JSON.parse(data) as { lines: string[] }).lines);
      });
    } catch {
      // The next poll finds out why.
    } finally {
      this.listening = false;
    }
  }

  private heard(session: Session): void {
    this.patience = session.state === "running" && session.reachable ? QUIET_MS : SILENT_MS;
    this.askLater();
    this.listener.session(session);
  }

  private askLater(): void {
    this.cancelAsking();
    if (this.owner.disposed) return;
    this.cancelAsking = this.owner.after(this.patience, () => {
      void this.ask();
    });
  }

  private async ask(): Promise<void> {
    if (!this.listening) void this.listen();
    try {
      const session = await this.api.ask(this.owner);
      if (!this.owner.disposed) this.heard(session);
    } catch (error) {
      if (this.owner.disposed) return;
      this.askLater();
      this.listener.failed(Failure.of(error));
    }
  }
}
