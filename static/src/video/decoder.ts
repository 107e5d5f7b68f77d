/** Decodes the frames of the stream, and hands them to a sink. */
import { type Config, type Frame } from "./records";
import type { Sink } from "./sink";

/** With more frames waiting, the decoder is too slow: it goes on with the next key frame. */
const MOST_WAITING = 8;
const KEY_MS = 1000;
/** Timestamps are in microseconds; they only carry the frame's number, and grow at a usual rate. */
const FRAME_US = 16_667;

export interface DecoderEvents {
  /** The first frame of the configuration was handed to the sink. */
  began(config: Config): void;
  /** A frame was handed to the sink. */
  shown(number: number): void;
  /** This frame was left out, and those before that were not shown. */
  skipped(number: number): void;
  /** The first frame cannot be decoded: the browser does not know this codec, although it reported support. */
  unknown(config: Config): void;
  needsKey(): void;
}

export class Decoder {
  /** Configuration of the frames; null while none is expected. */
  config: Config | null = null;
  private decoder: VideoDecoder | null = null;
  private first = false;
  /** Frames up to the next key frame are left out. */
  private skips = true;
  private requestedAt = -KEY_MS;
  /** The newest frame that the decoder holds, or held; null if none. */
  private newest: number | null = null;

  constructor(
    private readonly sink: Sink,
    private readonly events: DecoderEvents,
  ) {}

  configure(config: Config): void {
    const { config: before, decoder } = this;
    this.config = config;
    this.skips = true;
    this.requestedAt = performance.now();
    // Only the encoder's bit rate is another one.
    if (before && same(before, config) && decoder?.state === "configured") return;
    // Frames of the old configuration would be shown in the place of the new one.
    this.first = true;
    this.renew();
  }

  /** Ignores frames until the next configuration. The sink keeps the last frame: the page may still show it. */
  stop(): void {
    this.config = null;
    this.close();
  }

  decode({ number, key, data }: Frame): void {
    const { decoder } = this;
    if (!this.config || !decoder) {
      this.events.skipped(number);
      return;
    }
    if (decoder.decodeQueueSize > MOST_WAITING) this.skips = true;
    if (key) this.skips = false;
    // A decoder that failed is closed before it reports the error.
    if (this.skips || decoder.state !== "configured") {
      this.events.skipped(number);
      this.requestKey();
    } else {
      this.newest = number;
      decoder.decode(new EncodedVideoChunk({ type: key ? "key" : "delta", timestamp: number * FRAME_US, data }));
    }
  }

  /** Frames that the decoder holds are left out. */
  private close(): void {
    if (this.decoder && this.decoder.state !== "closed") this.decoder.close();
    this.decoder = null;
    if (this.newest !== null) this.events.skipped(this.newest);
    this.newest = null;
  }

  private renew(): void {
    this.close();
    if (!this.config) return;
    const { codec, coded } = this.config;
    const decoder = new VideoDecoder({
      output: (frame) => { this.output(frame, decoder); },
      error: () => { this.failed(decoder); },
    });
    decoder.configure({ codec, codedWidth: coded.width, codedHeight: coded.height, optimizeForLatency: true });
    this.decoder = decoder;
  }

  private output(frame: VideoFrame, decoder: VideoDecoder): void {
    if (decoder !== this.decoder) {
      frame.close();
      return;
    }
    const number = Math.round(frame.timestamp / FRAME_US);
    this.sink.show(frame);
    if (number === this.newest) this.newest = null;
    this.events.shown(number);
    if (this.first && this.config) this.events.began(this.config);
    this.first = false;
  }

  private failed(decoder: VideoDecoder): void {
    if (decoder !== this.decoder || !this.config) return;
    if (this.first) {
      this.events.unknown(this.config);
      return;
    }
    this.skips = true;
    this.renew();
    this.requestKey();
  }

  private requestKey(): void {
    const now = performance.now();
    if (now - this.requestedAt < KEY_MS) return;
    this.requestedAt = now;
    this.events.needsKey();
  }
}

function same(one: Config, other: Config): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
