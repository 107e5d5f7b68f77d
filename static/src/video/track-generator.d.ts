/** Chromium's way from frames to a track; the standard has another one for workers (mediacapture-transform). */
declare class MediaStreamTrackGenerator extends MediaStreamTrack {
  readonly writable: WritableStream<VideoFrame>;
  constructor(options: { kind: "video" });
}
