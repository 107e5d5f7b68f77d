import type { Api } from "./api";
import { Failure } from "./failure";
import { Owner } from "./owner";
import type { Session } from "./session";

/** Some proxies hold server-sent events back; then the page asks. */
const SILENT_MS = 3000;

export interface Listener {
  session(session: Session): void;
  log(lines: string[]): void;
  failed(failure: Failure): void;
}

/** Follows a session while it starts: by server-sent events, and by asking when none come. */
export class Watch {
  private readonly owner: Owner;
  private events: EventSource | null = null;
  private cancelAsking: () => void = () => undefined;

  constructor(
    private readonly api: Api,
    private readonly listener: Listener,
    parent: Owner,
  ) {
    this.owner = new Owner(parent);
    this.owner.finally(() => this.events?.close());
    this.listen();
    this.askLater();
  }

  dispose(): void {
    this.owner.dispose();
  }

  private listen(): void {
    const events = (this.events = this.api.events());
    this.owner.listen<MessageEvent<string>>(events, "state", (event) => {
      this.heard(JSON.parse(event.data) as Session);
    });
    this.owner.listen<MessageEvent<string>>(events, "log", (event) => {
      this.listener.log((JSON.parse(event.data) as { lines: string[] }).lines);
    });
  }

  private heard(session: Session): void {
    this.askLater();
    this.listener.session(session);
  }

  private askLater(): void {
    this.cancelAsking();
    if (this.owner.disposed) return;
    this.cancelAsking = this.owner.after(SILENT_MS, () => {
      void this.ask();
    });
  }

  private async ask(): Promise<void> {
    // The browser gives an event source up for good when it gets an HTTP error.
    if (this.events?.readyState === EventSource.CLOSED) this.listen();
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
