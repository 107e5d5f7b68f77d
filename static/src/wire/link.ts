/**
 * A WebSocket that detects a dead connection: the bridge answers an empty message with an empty message. A client uses it
 * as its channel, and gets binary messages only: text messages are the server's, with the state of the desktop. `onended`
 * is called exactly once, before the client's `onclose`.
 */
import { Owner } from "../dom/owner";
import { Liveness } from "./liveness";

const CHECK_MS = 500;
const LOST = 1006;
const PING = new Uint8Array(0);

type Handler<E> = ((event: E) => void) | null;

export class Link {
  /** noVNC requires it and sets it; no effect. */
  binaryType: BinaryType = "arraybuffer";
  /** Called once, when the socket is open. */
  onopen: Handler<Event> = null;
  /** Called with each binary message that is not empty. */
  onmessage: Handler<MessageEvent<ArrayBuffer>> = null;
  /** Called once, after `onended`. */
  onclose: Handler<{ code: number; reason: string }> = null;
  /** noVNC requires it and sets it; never called. */
  onerror: Handler<Event> = null;
  /** Called with each text message (JSON). */
  ontext: ((text: string) => void) | null = null;
  /** Called with the close code, and whether the socket had opened. */
  onended: ((code: number, opened: boolean) => void) | null = null;

  private readonly owner: Owner;
  private readonly socket: WebSocket;
  private readonly liveness = new Liveness(performance.now());
  /** The socket has opened; if it never does, something blocks it. */
  private wasOpen = false;
  /** `onended` was called. */
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
   * A closing socket counts as open until `onended`: noVNC's send queue would otherwise wait for room for ever (it loops
   * until a flush succeeds). Data sent then is dropped, as on a lost link.
   */
  get readyState(): number {
    if (this.ended) return WebSocket.CLOSED;
    return this.socket.readyState === WebSocket.CONNECTING ? WebSocket.CONNECTING : WebSocket.OPEN;
  }

  send(data: ArrayBufferView<ArrayBuffer>): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(data);
  }

  close(): void {
    // noVNC does not expect `onclose` while its call of close() is running.
    queueMicrotask(() => {
      this.end(LOST);
    });
  }

  /** Sends a ping at once; without an answer the link ends within 2 s. */
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
    // Hidden pages' timers are throttled; becoming visible probes instead. Workers' timers are not.
    if ("document" in globalThis && document.hidden) return;
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
