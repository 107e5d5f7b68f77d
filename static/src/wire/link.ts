/**
 * A WebSocket that notices when the other side has gone: the bridge answers an empty message with an empty message.
 * It is also the channel that a client reads and writes, which never sees those, nor text messages: in them the server
 * tells the page how the desktop is. `onended` comes exactly once, before the client hears of the end.
 */
import { Owner } from "../dom/owner";
import { Liveness } from "./liveness";

const CHECK_MS = 500;
const LOST = 1006;
const PING = new Uint8Array(0);

type Handler<E> = ((event: E) => void) | null;

export class Link {
  binaryType: BinaryType = "arraybuffer";
  onopen: Handler<Event> = null;
  onmessage: Handler<MessageEvent<ArrayBuffer>> = null;
  onclose: Handler<{ code: number; reason: string }> = null;
  onerror: Handler<Event> = null;
  ontext: ((text: string) => void) | null = null;
  onended: ((code: number, opened: boolean) => void) | null = null;

  private readonly owner: Owner;
  private readonly socket: WebSocket;
  private readonly liveness = new Liveness(performance.now());
  /** It has opened: if it never does, something is in the way. */
  private wasOpen = false;
  /** Its end was told. */
  private ended = false;

  constructor(address: string, protocols: string[], openMs: number, parent: Owner) {
    this.owner = new Owner(parent);
    this.socket = new WebSocket(address, protocols);
    this.socket.binaryType = "arraybuffer";
    const { owner, socket } = this;
    const late = owner.after(openMs, () => {
      this.end(LOST);
    });
    owner.listen(socket, "open", (event) => {
      late();
      this.opened(event);
    });
    owner.listen<MessageEvent<ArrayBuffer | string>>(socket, "message", (event) => {
      this.received(event);
    });
    owner.listen<CloseEvent>(socket, "close", (event) => {
      this.end(event.code, event.reason);
    });
    owner.finally(() => {
      socket.close();
    });
  }

  get protocol(): string {
    return this.socket.protocol;
  }

  /**
   * A closing socket reads as open until its end was told: noVNC's send queue would otherwise wait for ever for room
   * (it loops until a flush succeeds). What is sent then is dropped, as on a lost link.
   */
  get readyState(): number {
    if (this.ended) return WebSocket.CLOSED;
    return this.socket.readyState === WebSocket.CONNECTING ? WebSocket.CONNECTING : WebSocket.OPEN;
  }

  send(data: ArrayBufferView<ArrayBuffer>): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(data);
  }

  close(): void {
    // noVNC does not expect to hear of the end while it is still asking for it.
    queueMicrotask(() => {
      this.end(LOST);
    });
  }

  /** Asks at once whether the other side is there; the link ends within 2 s if not. */
  probe(): void {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    this.liveness.probe(performance.now());
    this.socket.send(PING);
  }

  private opened(event: Event): void {
    this.wasOpen = true;
    this.liveness.heard(performance.now(), true);
    this.owner.every(CHECK_MS, () => {
      this.check();
    });
    this.onopen?.(event);
  }

  private received(event: MessageEvent<ArrayBuffer | string>): void {
    const { data } = event;
    const empty = typeof data !== "string" && data.byteLength === 0;
    this.liveness.heard(performance.now(), empty);
    if (typeof data === "string") this.ontext?.(data);
    else if (!empty) this.onmessage?.(event as MessageEvent<ArrayBuffer>);
  }

  private check(): void {
    // Hidden pages' timers are throttled; becoming visible probes instead.
    if (document.hidden) return;
    const verdict = this.liveness.check(performance.now());
    if (verdict === "ask") this.socket.send(PING);
    if (verdict === "dead") this.end(LOST);
  }

  private end(code: number, reason = ""): void {
    if (this.ended) return;
    this.ended = true;
    this.owner.dispose();
    this.onended?.(code, this.wasOpen);
    this.onclose?.({ code, reason });
  }
}
