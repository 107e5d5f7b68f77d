/**
 * Video over the desktop while large areas move: runs the effects of the state machine (machine.ts). If anything here
 * fails, RFB continues.
 */
import { type Api, Failure, type Region, type Size } from "../api";
import type { Client, Updates } from "../clients";
import { Owner } from "../dom/owner";
import { CoarseMotion } from "./coarse";
import { type Effect, initial, isActive, isShown, step, type VideoEvent, type VideoState } from "./machine";
import { MotionDetector } from "./motion";
import { Overlay } from "./overlay";
import { Watchdog } from "./watchdog";
import type { FromWorker, ToWorker } from "./worker-messages";

/** The longest wait for RFB to paint the region. */
const LEAVE_MS = 5000;
/** The worker hangs if it sends no message for more than SILENT_CHECKS checks, one each CHECK_MS. */
const CHECK_MS = 1000;
const SILENT_CHECKS = 3;

export interface VideoParts {
  api: Api;
  /** The page's id, the same as for its other stream. */
  pageId: string;
  /** Address of the worker's script; null if the server has no video. */
  worker: string | null;
  screen: HTMLElement;
  client: Client;
  owner: Owner;
}

/** Opens video over a client's desktop; null where it is not possible. Then RFB's pictures of motion are coarser. */
export function openVideo(parts: VideoParts): Video | null {
  const { worker, owner, client } = parts;
  const { updates } = client;
  if (!updates) return null;
  if (worker !== null && isSecureContext && "VideoDecoder" in window) return new Video(parts, updates, worker);
  const motion = new MotionDetector();
  const coarse = new CoarseMotion(updates, motion, owner);
  updates.onupdate = (rectangles, took) => {
    if (motion.add(rectangles, client.size(), performance.now(), took)) coarse.moves();
  };
  return null;
}

export class Video {
  private state: VideoState = initial(document.hidden);
  private readonly worker: Worker;
  private readonly overlay: Overlay;
  private readonly motion = new MotionDetector();
  private readonly coarse: CoarseMotion;
  private readonly watchdog = new Watchdog(SILENT_CHECKS);
  private size: Size;
  /** Size of the coded picture that is shown. */
  private coded: Size = { width: 0, height: 0 };
  /** Owns the wait for RFB's update; null while there is none. */
  private leaving: Owner | null = null;

  constructor(
    private readonly parts: VideoParts,
    private readonly updates: Updates,
    worker: string,
  ) {
    const { client, screen, owner } = parts;
    this.coarse = new CoarseMotion(updates, this.motion, owner);
    this.size = client.size();
    this.overlay = new Overlay(screen, client.element, () => client.size(), owner);
    this.worker = new Worker(new URL(worker, document.baseURI), { type: "module" });
    owner.finally(() => { this.dispose(); });
    owner.listen<MessageEvent<FromWorker>>(this.worker, "message", ({ data }) => { this.received(data); });
    owner.listen(this.worker, "error messageerror", () => { this.tell({ kind: "refused" }); });
    owner.listen(document, "visibilitychange", () => { this.tell({ kind: document.hidden ? "hidden" : "visible" }); });
    owner.every(CHECK_MS, () => { this.check(); });
    updates.onupdate = (rectangles, took) => {
      const region = this.motion.add(rectangles, client.size(), performance.now(), took);
      if (region) this.moves(region);
    };
    this.publish();
  }

  /** The desktop's picture as it is shown. */
  picture(): HTMLCanvasElement | null {
    const desktop = this.parts.client.picture();
    return desktop && isShown(this.state) ? this.overlay.draw(desktop) : desktop;
  }

  /** The desktop may have another size. */
  resized(): void {
    const { width, height } = this.parts.client.size();
    if (width === this.size.width && height === this.size.height) return;
    this.size = { width, height };
    this.tell({ kind: "resized" });
  }

  private moves(region: Region): void {
    const { connected, notBefore } = this.state;
    if (connected !== "open" || performance.now() < notBefore) this.coarse.moves();
    this.tell({ kind: "moves", region });
  }

  private tell(event: VideoEvent): void {
    if (this.parts.owner.disposed) return;
    const [state, effects] = step(this.state, event, performance.now());
    this.state = state;
    for (const effect of effects) this.run(effect);
    this.publish();
  }

  private run(effect: Effect): void {
    switch (effect.do) {
      case "open":
        void this.open();
        break;
      case "pause":
        this.parts.owner.after(effect.ms, () => { this.tell({ kind: "due" }); });
        break;
      case "close":
        this.send({ do: "close" });
        break;
      case "start":
        this.send(effect);
        break;
      case "stop":
        this.send(effect);
        break;
      case "show":
        this.overlay.show(effect.region, this.coded);
        this.updates.leaveOut(effect.region);
        break;
      case "resume":
        this.resume();
        break;
      case "hide":
        this.leaving?.dispose();
        this.overlay.hide();
        this.overlay.clear();
        this.send(effect);
        this.motion.restart(performance.now());
    }
  }

  private async open(): Promise<void> {
    const { api, pageId, owner } = this.parts;
    try {
      const ticket = await api.ticket(pageId, owner, "video");
      // The worker failed meanwhile.
      if (this.state.connected !== "opening") return;
      this.send({ do: "open", address: api.socketAddress(ticket), protocols: ticket.protocols, openMs: ticket.opens_within * 1000 });
    } catch (error) {
      // A refusal is final and has the reason; after other errors, video may still be possible later.
      this.tell({ kind: Failure.of(error).kind === "refused" ? "refused" : "closed" });
    }
  }

  private check(): void {
    if (!this.watchdog.hangs(isActive(this.state))) return;
    // For a worker that continues later. While it hangs, the next "open" has no answer, and no further attempt follows.
    this.send({ do: "close" });
    this.tell({ kind: "closed" });
  }

  private received(message: FromWorker): void {
    this.watchdog.heard();
    switch (message.kind) {
      case "alive":
        break;
      case "ready":
        this.ready(message);
        break;
      case "shown":
        this.coded = message.coded;
        this.tell({ kind: "shown", region: message.region });
        break;
      case "problem":
        console.info(message.problem.message, message.problem.remedy ?? "");
        this.tell({ kind: "refused" });
        break;
      default:
        this.tell(message);
    }
  }

  private ready({ codecs, track }: FromWorker & { kind: "ready" }): void {
    if (!codecs) return;
    const target = this.overlay.open(track);
    if (target) this.send({ do: "show-on", target }, [target]);
    this.tell({ kind: "due" });
  }

  /** Lets RFB paint the region again. */
  private resume(): void {
    const { region } = this.state.phase.name === "leaving" ? this.state.phase : { region: null };
    this.leaving?.dispose();
    const owner = (this.leaving = new Owner(this.parts.owner));
    const painted = (): void => {
      if (!owner.disposed) this.tell({ kind: "painted" });
    };
    if (region) void this.updates.painted(region).then(painted);
    owner.after(LEAVE_MS, painted);
    this.updates.leaveOut(null);
  }

  private publish(): void {
    const { dataset } = document.documentElement;
    const now = isShown(this.state) ? "on" : this.state.connected === "open" ? "idle" : "off";
    if (dataset["video"] !== now) dataset["video"] = now;
  }

  private send(message: ToWorker, transfer: Transferable[] = []): void {
    this.worker.postMessage(message, transfer);
  }

  private dispose(): void {
    this.updates.onupdate = null;
    this.worker.terminate();
    document.documentElement.dataset["video"] = "off";
  }
}
