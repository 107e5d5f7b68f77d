/** The life of the page: runs the effects of the state machine (machine.ts) and returns their results as events. */
import { type Api, Failure, type Session, Watch } from "../api";
import { type ClientScripts, onFirstPixels, onPainted } from "../clients";
import { Owner } from "../dom/owner";
import { delayBefore } from "./backoff";
import { Connection, type ConnectionEvents } from "./connection";
import { initial, step } from "./machine";
import type { Effect, LifeEvent, LifeState, Way } from "./state";

/** A running session that is still black after this time has a black screen on purpose. */
const BLACK_MS = 3000;

export interface Parts {
  api: Api;
  screen: HTMLElement;
  scripts: ClientScripts;
  /** The worker for video; null for no video. */
  videoWorker: string | null;
  events: ConnectionEvents;
  /** Sets the current connection for the rest of the page. */
  attach: (connection: Connection | null) => void;
  /** Shows the state. */
  render: (state: LifeState) => void;
  /** Keeps the desktop's last picture, to be shown later; returns whether there is one. */
  keep: (picture: HTMLCanvasElement | null) => boolean;
  /** Shows lines of the session's log. */
  log: (lines: string[]) => void;
}

export class Life {
  /** Identifies this page to the server, so that a new connection replaces a dead one. */
  private readonly pageId = crypto.getRandomValues(new Uint32Array(4)).join("-");
  /** The machine's state. */
  private state: LifeState;
  /** Owns everything in progress, until the effect "let-go". */
  private owner = new Owner();
  /** The connection that shows the desktop; null while there is none. */
  private connection: Connection | null = null;
  /** Follows the session; null where no change is expected. */
  private watch: Watch | null = null;
  /** Answer to a restart that was requested while the old desktop was connected; null if there is none. */
  private restarted: Promise<Session> | null = null;
  /** Cancels the current pause. */
  private cancelPause: () => void = () => undefined;

  constructor(
    private readonly parts: Parts,
    page: Parameters<typeof initial>[0],
  ) {
    this.state = initial(page);
  }

  begin(way: Way): void {
    this.tell({ kind: "begin", way });
  }

  readonly tell = (event: LifeEvent): void => {
    const [state, effects] = step(this.state, event, performance.now());
    this.state = state;
    for (const effect of effects) this.run(effect);
    // Not `state`: an effect may have sent an event already.
    this.parts.render(this.state);
  };

  private run(effect: Effect): void {
    const { scripts, log } = this.parts;
    const { owner } = this;
    switch (effect.do) {
      case "let-go":
        this.letGo();
        break;
      case "bring":
        void this.answer(async () => ({ kind: "brought", session: await this.bring(effect.way, owner) }));
        break;
      case "watch":
        this.watchSession();
        break;
      case "unwatch":
        this.watch?.dispose();
        break;
      case "prepare":
        scripts.prepare(effect.backend);
        break;
      case "connect":
        void this.answer(() => this.connect(owner));
        break;
      case "await-paint":
        this.awaitPaint();
        break;
      case "pause":
        this.pause(delayBefore(effect.pauses, performance.now() - effect.since));
        break;
      case "check":
        void this.answer(async () => ({ kind: "checked", refusal: await this.refusal(owner) }));
        break;
      case "stop":
        void this.answer(() => this.stop(owner));
        break;
      case "restart":
        this.restart();
        break;
      case "probe":
        this.connection?.link.probe();
        break;
      case "show-log":
        log(effect.lines);
    }
  }

  private bring(way: Way, owner: Owner): Promise<Session> {
    const { api } = this.parts;
    const { restarted } = this;
    this.restarted = null;
    if (way === "restart") return restarted ?? api.restart(owner);
    return way === "start" ? api.start(owner) : api.ask(owner);
  }

  private async stop(owner: Owner): Promise<LifeEvent> {
    const { api } = this.parts;
    try {
      await api.stop(owner);
      return { kind: "stopped", session: await api.ask(owner) };
    } catch (error) {
      return { kind: "not-stopped", failure: Failure.of(error) };
    }
  }

  private restart(): void {
    const restarted = this.parts.api.restart(new Owner());
    this.restarted = restarted;
    const tell = (answered: boolean): void => { this.tell({ kind: "restarted", answered }); };
    restarted.then(() => { tell(true); }, () => { tell(false); });
  }

  /** Sends the event that `act` results in, unless the machine has let go meanwhile. */
  private async answer(act: () => Promise<LifeEvent>): Promise<void> {
    const { owner } = this;
    let event: LifeEvent;
    try {
      event = await act();
    } catch (error) {
      if (owner.disposed) return;
      event = { kind: "failed", failure: Failure.of(error) };
    }
    if (!owner.disposed) this.tell(event);
  }

  private letGo(): void {
    this.owner.dispose();
    this.owner = new Owner();
    this.use(null);
  }

  private use(connection: Connection | null): void {
    this.connection = connection;
    this.parts.attach(connection);
  }

  private watchSession(): void {
    this.watch?.dispose();
    const listener = {
      session: (session: Session) => { this.tell({ kind: "session", session }); },
      log: (lines: string[]) => { this.tell({ kind: "log", lines }); },
      failed: (failure: Failure) => { this.tell({ kind: "unheard", failure }); },
    };
    this.watch = new Watch(this.parts.api, listener, this.owner);
  }

  /** One connection, from its ticket until it is lost. */
  private async connect(owner: Owner): Promise<LifeEvent> {
    const connection = await this.newConnection(owner);
    try {
      await connection.up;
      this.use(connection);
      this.tell({ kind: "connected", access: connection.access });
      onFirstPixels(() => connection.client.picture(), connection.owner, () => { this.seen(connection); });
      const failure = await connection.ended;
      if (owner.disposed) throw failure;
      const picture = this.keepPicture(connection);
      this.use(null);
      return { kind: "lost", failure, picture };
    } finally {
      connection.owner.dispose();
    }
  }

  private seen(connection: Connection): void {
    const { videoWorker } = this.parts;
    this.tell({ kind: "seen" });
    connection.openVideo(this.pageId, videoWorker);
  }

  private async newConnection(owner: Owner): Promise<Connection> {
    const { api, scripts, screen, events } = this.parts;
    const ticket = await api.ticket(this.pageId, owner);
    const module = await scripts.load(ticket.backend);
    if (owner.disposed) throw new Failure("unreachable");
    const problem = module.unfit?.(ticket);
    if (problem) throw new Failure("no-client", { problem });
    const connection = new Connection(api, ticket, module, screen, events, owner);
    connection.link.ontext = (text) => {
      if ((JSON.parse(text) as Partial<Session>).step === "ending") this.tell({ kind: "ending" });
    };
    return connection;
  }

  private keepPicture(connection: Connection): boolean {
    return this.parts.keep(connection.picture());
  }

  private awaitPaint(): void {
    const { connection } = this;
    if (connection) onPainted(() => connection.client.picture(), connection.owner, BLACK_MS, () => { this.tell({ kind: "painted" }); });
  }

  private pause(ms: number): void {
    this.cancelPause();
    this.cancelPause = this.owner.after(ms, () => { this.tell({ kind: "due" }); });
  }

  /** Why the server refuses a ticket; null if it does not. */
  private refusal(owner: Owner): Promise<Failure | null> {
    return this.parts.api.ticket(this.pageId, owner).then(() => null, (error: unknown) => Failure.of(error));
  }
}
