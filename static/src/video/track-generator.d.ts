/** Chromium's API for a track of frames; the standard's, VideoTrackGenerator, is for workers (mediacapture-transform). */
declare class MediaStreamTrackGenerator extends MediaStreamTrack {
  readonly writable: WritableStream<VideoFrame>;
  constructor(options: { kind: "video" });
}
