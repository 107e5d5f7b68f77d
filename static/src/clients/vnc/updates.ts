/**
 * Updates of noVNC that leave out a region. RFB has messages for this (rfbproto: FramebufferUpdateRequest and
 * EnableContinuousUpdates take a rectangle), noVNC 1.7.0 has no API for them; hence its internals, checked by `areKnown`.
 */
import type RFB from "@novnc/novnc";
import type { Region, Size } from "../../api";
import type { Updates } from "../client";
import { around, overlap } from "./around";

/** Encoding of RFC 6143, section 7.7.2. */
const COPY_RECT = 1;
/** TigerVNC compares each update with the one before, except below level 2; in motion everything differs. */
const NO_COMPARING = 1;
/** JPEG quality in motion, from 0 to 9. */
const COARSE = 2;
const NOTHING = [0, 0, 0, 0] as const;

export type Messages = typeof RFB.messages;

export class VncUpdates implements Updates {
  onupdate: ((rectangles: readonly Region[], took: number) => void) | null = null;
  /** The region that is left out. */
  private region: Region | null = null;
  /** Parts of the screen around it; RFB updates them on request only. */
  private outside: Region[] = [];
  /** Rectangles of the update that is being received, and those of them that are not copies. */
  private received: Region[] = [];
  private drawn: Region[] = [];
  private readonly waiting = new Set<{ region: Region; done: () => void }>();
  /** EndOfContinuousUpdates messages that are expected, one for each of our requests. */
  private ends = 0;
  /** The levels without motion. */
  private readonly compressionLevel: number;
  private readonly qualityLevel: number;
  /** When the current update began to come; null between updates. */
  private began: number | null = null;

  private constructor(
    private readonly rfb: RFB,
    private readonly messages: Messages,
    private readonly size: () => Size,
  ) {
    this.compressionLevel = rfb.compressionLevel;
    this.qualityLevel = rfb.qualityLevel;
    const framebufferUpdate = rfb._framebufferUpdate.bind(rfb);
    const handleDataRect = rfb._handleDataRect.bind(rfb);
    const normalMsg = rfb._normalMsg.bind(rfb);
    const updateContinuousUpdates = rfb._updateContinuousUpdates.bind(rfb);
    rfb._handleDataRect = () => {
      const done = handleDataRect();
      if (done) this.rectangle();
      return done;
    };
    rfb._framebufferUpdate = () => {
      this.began ??= performance.now();
      const done = framebufferUpdate();
      if (done) this.updated(performance.now() - this.began);
      return done;
    };
    rfb._normalMsg = () => {
      const before = rfb._enabledContinuousUpdates;
      const done = normalMsg();
      if (before && !rfb._enabledContinuousUpdates) this.ended();
      return done;
    };
    // noVNC calls this after each change of the size.
    rfb._updateContinuousUpdates = () => {
      if (this.region) this.apply();
      else updateContinuousUpdates();
    };
  }

  /** Undefined if noVNC has other internals than version 1.7.0. */
  static of(rfb: RFB, messages: Messages, size: () => Size): VncUpdates | undefined {
    return areKnown(rfb, messages) ? new VncUpdates(rfb, messages, size) : undefined;
  }

  leaveOut(region: Region | null): void {
    const { rfb, region: before } = this;
    if (JSON.stringify(region) === JSON.stringify(before)) return;
    this.region = region;
    this.apply();
    rfb.compressionLevel = region && this.outside.length === 0 ? NO_COMPARING : this.compressionLevel;
    // So that an update comes, even if nothing has changed.
    if (before && !region) this.messages.fbUpdateRequest(rfb._sock, false, before.x, before.y, 1, 1);
  }

  coarse(on: boolean): void {
    const { rfb, messages, size } = this;
    if ((rfb.qualityLevel === COARSE) === on) return;
    rfb.qualityLevel = on ? COARSE : this.qualityLevel;
    // TurboVNC does not refine lossy pictures without a request.
    if (!on) messages.fbUpdateRequest(rfb._sock, false, 0, 0, size().width, size().height);
  }

  painted(region: Region): Promise<void> {
    return new Promise((done) => {
      this.waiting.add({ region, done });
    });
  }

  /** Requests updates of the parts of the screen that are not left out. */
  private apply(): void {
    const { messages, region, rfb } = this;
    const { width, height } = this.size();
    this.outside = region ? around(region, { width, height }) : [];
    const on = this.outside.length === 0;
    const part = region ? NOTHING : ([0, 0, width, height] as const);
    if (!on) this.ends += 1;
    messages.enableContinuousUpdates(rfb._sock, on, ...part);
    this.request();
  }

  private request(): void {
    const { messages, outside, rfb } = this;
    for (const { x, y, width, height } of outside) messages.fbUpdateRequest(rfb._sock, true, x, y, width, height);
  }

  /** Continuous updates have ended, on our request: noVNC would now request updates of the whole screen. */
  private ended(): void {
    if (this.ends === 0) return;
    this.ends -= 1;
    this.rfb._enabledContinuousUpdates = true;
  }

  private rectangle(): void {
    const { x, y, width, height, encoding } = this.rfb._FBU;
    const region = { x, y, width, height };
    this.received.push(region);
    if (encoding !== COPY_RECT) this.drawn.push(region);
  }

  private updated(took: number): void {
    const { received, drawn } = this;
    this.began = null;
    this.received = [];
    this.drawn = [];
    this.request();
    for (const one of this.waiting) {
      if (!received.some((rectangle) => overlap(rectangle, one.region))) continue;
      this.waiting.delete(one);
      void this.rfb._display.flush().then(one.done);
    }
    // Without continuous updates, RFB cannot leave out anything.
    if (drawn.length > 0 && this.rfb._enabledContinuousUpdates) this.onupdate?.(drawn, took);
  }
}

/** Whether noVNC has all internals that are used here. */
function areKnown(rfb: Partial<RFB>, { enableContinuousUpdates, fbUpdateRequest }: Partial<Messages>): boolean {
  const { _display: display, _FBU: update, _sock: socket } = rfb;
  const functions = [
    ...[enableContinuousUpdates, fbUpdateRequest, (display as Partial<typeof display>)?.flush],
    ...[rfb._normalMsg, rfb._framebufferUpdate, rfb._handleDataRect, rfb._updateContinuousUpdates],
  ];
  return (
    functions.every((one) => typeof one === "function") &&
    typeof rfb._enabledContinuousUpdates === "boolean" &&
    typeof rfb.compressionLevel === "number" &&
    typeof rfb.qualityLevel === "number" &&
    typeof socket === "object" &&
    ["x", "y", "width", "height", "encoding"].every((name) => name in (update ?? {}))
  );
}
