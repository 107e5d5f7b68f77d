/** Messages between the page and the worker. */
import type { Problem, Region, Size } from "../api";

export type ToWorker =
  /** The target for frames, sent once: a stream of frames for a <video>, or a canvas. */
  | { do: "show-on"; target: WritableStream<VideoFrame> | OffscreenCanvas }
  | { do: "open"; address: string; protocols: string[]; openMs: number }
  | { do: "close" }
  | { do: "start"; region: Region }
  | { do: "stop" }
  /** The overlay is hidden: remove the last frame. */
  | { do: "hide" };

export type FromWorker =
  /** `codecs`: whether the browser decodes any. `track`: frames for a <video>, where the worker can make one. */
  | { kind: "ready"; codecs: boolean; track: MediaStreamTrack | null }
  | { kind: "opened" }
  /** The worker runs; sent several times per second while it expects frames. */
  | { kind: "alive" }
  | { kind: "closed" }
  | { kind: "problem"; problem: Problem }
  /** The first frame of a region is shown. */
  | { kind: "shown"; region: Region; coded: Size }
  | { kind: "rest"; pause: number }
  /** No frame was shown for a second (the first one: for longer), without a rest. */
  | { kind: "stalled" };
