import { type Api, Failure, type Session, Watch } from "../api";
import type { ClientScripts } from "../clients";
import { Owner } from "../dom/owner";
import { onFirstPixels, onPainted, type View } from "../view";
import { Backoff } from "./backoff";
import { Connection, type ConnectionEvents } from "./connection";
import type { Retry } from "./retry";

type Next = "start" | "restart" | "ask" | "look" | "connect";

/** Two pages that come at the same instant can spoil each other's password; more than this is something else. */
const REFUSALS = 5;
/** So many sockets in a row that do not open, although the server answers, are no accident. */
const BLOCKED = 3;
/** After so many answers of the hub in a row, some seconds, the server has ended. */
const ABSENT = 5;
/** A session that is running and still black probably likes it that way. */
const BLACK_MS = 3000;
const SHORTEST_MS = 50;

export interface Parts {
  api: Api;
  view: View;
  retry: Retry;
  screen: HTMLElement;
  scripts: ClientScripts;
  events: ConnectionEvents;
  /** Tells the rest of the page which connection is the current one. */
  attach: (connection: Connection | null) => void;
  /** There is a JupyterHub before the server. */
  atHub: boolean;
}

/** The life of the page: bring the session up, connect, and connect again, until there is nothing to connect to. */
export class Life {
  /** Tells the server which connections are this page's, so that a new one replaces a dead one. */
  private readonly id = crypto.getRandomValues(new Uint32Array(4)).join("-");
  private owner = new Owner();
  private backoff = new Backoff();
  private session: Session | null = null;
  private watch: Watch | null = null;
  private connection: Connection | null = null;
  /** This page saw the session start: its screen may still be black. */
  private cold = false;
  /** Programs save, since the session ends; until more is known of it. */
  private ending = false;
  private restarted: Promise<Session> | null = null;
  private attemptedAt = 0;
  private inARow = { refusals: 0, blocked: 0, absent: 0 };

  constructor(private readonly parts: Parts) {}

  /** `restarted` is the answer to a restart that was asked for already. */
  begin(next: Next, restarted: Promise<Session> | null = null): void {
    this.letGo();
    this.parts.view.picture.drop();
    this.owner = new Owner();
    this.backoff = new Backoff();
    this.session = null;
    this.cold = false;
    this.ending = false;
    this.restarted = restarted;
    this.inARow = { refusals: 0, blocked: 0, absent: 0 };
    void this.run(next, this.owner);
  }

  /** The page may have been asleep: find out at once whether the link still lives. */
  probe(): void {
    this.connection?.link.probe();
  }

  /** Has the session end. A page that is connected stays so: programs may ask what to do with what is not saved. */
  async stop(words: string): Promise<void> {
    const { owner } = this;
    const { api, view } = this.parts;
    view.busy(words);
    try {
      await api.stop(owner);
      this.endOf(owner, new Failure("over", { session: await api.ask(owner) }));
    } catch (error) {
      const failure = Failure.of(error);
      if (failure.kind !== "unreachable") this.endOf(owner, failure);
      // What comes of it, the connection tells as well.
      else if (this.connection && !this.ending) view.calm();
    }
  }

  /** The same, and then there is a new one. */
  async restart(): Promise<void> {
    const { connection } = this;
    const { api, view } = this.parts;
    if (!connection) {
      this.begin("restart");
      return;
    }
    const restarted = api.restart(new Owner());
    view.saving();
    await Promise.race([restarted.catch(() => (this.ending ? connection.ended : null)), connection.ended]);
    this.begin("restart", restarted);
  }

  end(failure: Failure): void {
    this.letGo();
    this.parts.view.ended(failure);
  }

  /** Unless the page has found out by itself, and may have begun again. */
  private endOf(owner: Owner, failure: Failure): void {
    if (!owner.disposed) this.end(failure);
  }

  private letGo(): void {
    this.owner.dispose();
    this.connection = null;
    this.parts.attach(null);
  }

  private async run(first: Next, owner: Owner): Promise<void> {
    let next: Next | null = first;
    while (next !== null) {
      this.attemptedAt = performance.now();
      try {
        if (next !== "connect") await this.untilReachable(next, owner);
        next = "connect";
        await this.connected(owner);
      } catch (error) {
        next = owner.signal.aborted ? null : await this.recover(Failure.of(error), next, owner);
      }
    }
  }

  private async untilReachable(next: Next, owner: Owner): Promise<void> {
    if (!this.parts.view.picture.shown && next !== "look") this.parts.view.coming(null);
    if (next === "restart") this.parts.view.saving();
    const session = await this.bring(next, owner);
    await new Promise<void>((resolve) => {
      this.follow(session, owner, resolve);
    });
  }

  private bring(next: Next, owner: Owner): Promise<Session> {
    const { api } = this.parts;
    if (next === "look") return this.look(owner);
    if (next === "restart") return this.restarted ?? api.restart(owner);
    return next === "ask" ? api.ask(owner) : api.start(owner);
  }

  /** The session if there is one; else the user is to say what it should be like. */
  private async look(owner: Owner): Promise<Session> {
    try {
      const session = await this.parts.api.ask(owner);
      if (session.state === "starting" || session.state === "running") return session;
    } catch (error) {
      const failure = Failure.of(error);
      if (failure.kind !== "gone") throw failure;
    }
    throw new Failure("to-choose");
  }

  /** Keeps to what is true of the session until it has come up or ended. */
  private follow(first: Session, owner: Owner, reachable: () => void): void {
    this.watch?.dispose();
    const heard = (session: Session): void => {
      // What starts after an end is another desktop.
      if (this.ending && session.state === "starting") this.parts.view.picture.drop();
      this.session = session;
      this.ending = session.state === "running" && session.step === "ending";
      this.parts.view.knows(session);
      this.parts.scripts.prepare(session.backend);
      if (!mayChange(session)) this.watch?.dispose();
      if (session.state === "failed" || session.state === "stopped") {
        this.end(new Failure("over", { session }));
        return;
      }
      if (this.connection) this.settle(this.connection);
      else if (!this.parts.view.picture.shown) this.parts.view.coming(session);
      else if (this.ending) this.parts.view.saving();
      if (session.reachable && session.step !== "ending") reachable();
    };
    heard(first);
    if (!mayChange(first)) return;
    if (first.state === "starting") this.cold = true;
    this.watch = new Watch(this.parts.api, { session: heard, log: this.logged, failed: this.watchFailed }, owner);
  }

  private readonly logged = (lines: string[]): void => {
    if (!this.connection) this.parts.view.log(lines);
  };

  private readonly watchFailed = (failure: Failure): void => {
    // While there is a connection, it knows better.
    if (this.connection) return;
    if (failure.kind === "unreachable") this.parts.view.lost();
    else this.end(failure);
  };

  /** One connection, from its ticket until it is lost; always throws in the end. */
  private async connected(owner: Owner): Promise<never> {
    const { api, view, scripts, screen, events, attach } = this.parts;
    const ticket = await api.ticket(this.id, owner);
    const module = await scripts.load(ticket.backend);
    if (owner.disposed) throw new Failure("unreachable");
    const problem = module.unfit?.(ticket);
    if (problem) throw new Failure("no-client", { problem });
    const connection = new Connection(api, ticket, module, screen, events, owner);
    connection.link.ontext = (text) => {
      if ((JSON.parse(text) as Partial<Session>).step !== "ending") return;
      this.ending = true;
      view.saving();
    };
    try {
      await connection.up;
      this.connection = connection;
      this.inARow = { refusals: 0, blocked: 0, absent: 0 };
      this.backoff.connected(performance.now());
      attach(connection);
      view.connected(ticket.access);
      onFirstPixels(() => connection.client.picture(), connection.owner, () => {
        view.visible();
        this.settle(connection);
      });
      throw await connection.ended;
    } finally {
      if (this.connection === connection) this.lost(connection);
      connection.owner.dispose();
    }
  }

  /** A desktop that is just starting is a black screen at first: say what is going on until there is more to see. */
  private settle(connection: Connection): void {
    const { view } = this.parts;
    if (this.ending) view.saving();
    if (this.ending || !this.cold) return;
    view.beginning();
    if (this.session?.state !== "running") return;
    onPainted(() => connection.client.picture(), connection.owner, BLACK_MS, () => {
      this.cold = false;
      if (!this.ending) view.calm();
    });
  }

  private lost(connection: Connection): void {
    this.connection = null;
    this.backoff.lost(performance.now());
    this.attemptedAt = performance.now();
    this.parts.view.disconnected(connection.client.picture());
    this.parts.attach(null);
  }

  /** What to do next after a failure; null when only the user can say. */
  private async recover(failure: Failure, last: Next, owner: Owner): Promise<Next | null> {
    // A connection that breaks, unlike one that the display server closes, says nothing of programs that save.
    if (failure.kind !== "gone") this.ending = false;
    switch (failure.kind) {
      case "to-choose":
        this.letGo();
        this.parts.view.asks();
        return null;
      case "unreachable":
      case "blocked":
        this.inARow.blocked = failure.kind === "blocked" ? this.inARow.blocked + 1 : 0;
        await this.pause(owner);
        return last === "restart" ? "start" : last;
      case "signed-out":
      case "not-running":
        return this.awaitServer(failure, last, owner);
      case "not-ready":
        await this.pause(owner);
        return "ask";
      case "gone":
        return this.ask(last, owner);
      case "not-authorised":
        return this.again(owner);
      case "disconnected":
        return this.disconnected(failure, owner);
      default:
        this.end(failure);
        return null;
    }
  }

  /**
   * At a hub the first answer may be true for a moment only: a proxy that was started again does not know the way to
   * the servers yet, and a server that is being stopped knows its users no more.
   */
  private async awaitServer(failure: Failure, last: Next, owner: Owner): Promise<Next | null> {
    this.inARow.absent += 1;
    if (!this.parts.atHub || this.inARow.absent >= ABSENT) {
      this.end(failure);
      return null;
    }
    await this.pause(owner);
    return last === "restart" ? "start" : last;
  }

  private async ask(last: Next, owner: Owner): Promise<Next | null> {
    if (last === "ask") {
      this.end(new Failure("over"));
      return null;
    }
    // The server hears of the end a moment later than this page, and until then has an old answer.
    await this.pause(owner);
    return "ask";
  }

  /** Somebody closed the connection: perhaps the link that led here holds no longer. */
  private async disconnected(failure: Failure, owner: Owner): Promise<null> {
    const refusal = await this.parts.api.ticket(this.id, owner).then(() => null, (error: unknown) => Failure.of(error));
    if (!owner.disposed) this.end(refusal?.kind === "refused" ? refusal : failure);
    return null;
  }

  private async again(owner: Owner): Promise<Next | null> {
    this.inARow.refusals += 1;
    if (this.inARow.refusals >= REFUSALS) {
      this.end(new Failure("refused", { problem: REFUSED }));
      return null;
    }
    await this.pause(owner);
    return "connect";
  }

  private pause(owner: Owner): Promise<void> {
    if (!this.ending) this.parts.view.lost(this.inARow.blocked >= BLOCKED);
    // An attempt that hung has waited already.
    const spent = performance.now() - this.attemptedAt;
    return this.parts.retry.wait(Math.max(SHORTEST_MS, this.backoff.next() - spent), owner);
  }
}

/**
 * There is something to wait for: an Xpra that has ended is started again while the session is running, a session that
 * ends is over in a moment, and a job ends at any time.
 */
function mayChange(session: Session): boolean {
  const { state, step, reachable, job } = session;
  return state === "starting" || (state === "running" && (!reachable || step === "ending" || job !== null));
}

const REFUSED = {
  message: "The display server did not let this page in, five times in a row.",
  reason: "refused",
  remedy: "Close other pages of this desktop, then try again. If that does not help, restart it with the tools at the top.",
};
