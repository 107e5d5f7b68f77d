/** The state machine of video over a desktop, as a pure function. `video.ts` runs the effects. */
import type { Region } from "../api";

/** The connection that carries the video. */
export type Connected =
  /** No connection, and no further attempt. */
  | "off"
  /** Waiting before another attempt; before the first one, for the worker. */
  | "pausing"
  | "opening"
  | "open";

/** The phase of the overlay. */
export type Phase =
  | { name: "idle" }
  /** Frames of the region are requested; RFB shows it meanwhile. */
  | { name: "entering"; region: Region }
  /** The overlay shows the region; RFB leaves it out. */
  | { name: "on"; region: Region }
  /** The overlay shows the last frame until RFB has painted the region again. */
  | { name: "leaving"; region: Region };

export interface VideoState {
  readonly connected: Connected;
  readonly phase: Phase;
  /** Connections in a row that ended, or did not open, before a frame was shown. */
  readonly failures: number;
  /** The page is in a hidden tab. */
  readonly hidden: boolean;
  /** No video before this time (ms), after a pause of the server or missing frames. */
  readonly notBefore: number;
}

export type VideoEvent =
  | { kind: "due" }
  | { kind: "opened" }
  | { kind: "closed" }
  /** There is no video for this desktop or this browser. */
  | { kind: "refused" }
  /** A region moves. */
  | { kind: "moves"; region: Region }
  /** The first frame of a region is shown. */
  | { kind: "shown"; region: Region }
  /** The region has calmed; no video for `pause` ms. */
  | { kind: "rest"; pause: number }
  /** Frames do not come, without a rest. */
  | { kind: "stalled" }
  /** RFB has painted the region again. */
  | { kind: "painted" }
  /** The desktop has another size. */
  | { kind: "resized" }
  | { kind: "hidden" }
  | { kind: "visible" };

export type Effect =
  /** Results in "opened", "closed" or "refused". */
  | { do: "open" }
  /** Results in "due". */
  | { do: "pause"; ms: number }
  | { do: "close" }
  /** Request frames of a region; results in "shown", "rest" or "stalled". */
  | { do: "start"; region: Region }
  | { do: "stop" }
  /** Show the overlay, and let RFB leave out the region. */
  | { do: "show"; region: Region }
  /** Let RFB include the region again; results in "painted". */
  | { do: "resume" }
  /** Hide the overlay, and remove its last frame. */
  | { do: "hide" };

export type Transition = [VideoState, Effect[]];

const SHORTEST_MS = 5000;
const LONGEST_MS = 60_000;
/** After missing frames. */
const CALM_MS = 5000;

const IDLE: Phase = { name: "idle" };

export function initial(hidden: boolean): VideoState {
  return { connected: "pausing", phase: IDLE, failures: 0, hidden, notBefore: 0 };
}

/** The state after an event at a time (ms), and the effects to run. */
export function step(state: VideoState, event: VideoEvent, now: number): Transition {
  switch (event.kind) {
    case "due":
      return state.connected === "pausing" ? [{ ...state, connected: "opening" }, [{ do: "open" }]] : [state, []];
    case "opened":
      return state.connected === "opening" ? [{ ...state, connected: "open" }, []] : [state, []];
    case "closed":
      return closed(state);
    case "refused":
      return end({ ...state, connected: "off" }, [{ do: "close" }]);
    case "moves":
      return moves(state, event.region, now);
    case "shown":
      return shown(state, event.region);
    case "rest":
      return end({ ...state, notBefore: now + event.pause }, [{ do: "stop" }]);
    case "stalled":
      return isActive(state) ? end({ ...state, notBefore: now + CALM_MS }, [{ do: "stop" }]) : [state, []];
    case "painted":
      return state.phase.name === "leaving" ? [{ ...state, phase: IDLE }, [{ do: "hide" }]] : [state, []];
    case "resized":
      return endAtOnce(state);
    case "hidden":
      return endAtOnce({ ...state, hidden: true });
    case "visible":
      return [{ ...state, hidden: false }, []];
  }
}

/** Whether the overlay is visible. */
export function isShown({ phase }: VideoState): boolean {
  return phase.name === "on" || phase.name === "leaving";
}

/** Whether the worker expects frames. */
export function isActive({ phase }: VideoState): boolean {
  return phase.name === "entering" || phase.name === "on";
}

function closed(state: VideoState): Transition {
  if (state.connected === "off" || state.connected === "pausing") return [state, []];
  const ms = Math.min(SHORTEST_MS * 2 ** state.failures, LONGEST_MS);
  return end({ ...state, connected: "pausing", failures: state.failures + 1 }, [{ do: "pause", ms }]);
}

function moves(state: VideoState, region: Region, now: number): Transition {
  const { phase } = state;
  if (state.connected !== "open" || state.hidden || phase.name === "leaving") return [state, []];
  if (phase.name === "idle") return now < state.notBefore ? [state, []] : enter(state, region);
  return covers(phase.region, region) ? [state, []] : enter(state, union(phase.region, region));
}

/** Also for a larger region, whose frames replace the ones of the smaller region. */
function enter(state: VideoState, region: Region): Transition {
  const phase: Phase = state.phase.name === "on" ? { name: "on", region } : { name: "entering", region };
  return [{ ...state, phase }, [{ do: "start", region }]];
}

function shown(state: VideoState, region: Region): Transition {
  if (!isActive(state)) return [state, []];
  return [{ ...state, phase: { name: "on", region }, failures: 0 }, [{ do: "show", region }]];
}

/** Ends the video; the overlay stays until RFB has painted the region. */
function end(state: VideoState, effects: Effect[]): Transition {
  // The first frame may be drawn already.
  if (state.phase.name === "entering") return [{ ...state, phase: IDLE }, [...effects, { do: "hide" }]];
  if (state.phase.name === "on") return [{ ...state, phase: { ...state.phase, name: "leaving" } }, [...effects, { do: "resume" }]];
  return [state, effects];
}

/** Ends the video, and hides the overlay at once: its picture is wrong, or invisible. */
function endAtOnce(state: VideoState): Transition {
  if (state.phase.name === "idle") return [state, []];
  const effects: Effect[] = [{ do: "stop" }, { do: "resume" }, { do: "hide" }];
  return [{ ...state, phase: IDLE }, effects];
}

function covers(outer: Region, inner: Region): boolean {
  const whole = union(outer, inner);
  return whole.width === outer.width && whole.height === outer.height;
}

function union(one: Region, other: Region): Region {
  const x = Math.min(one.x, other.x);
  const y = Math.min(one.y, other.y);
  const width = Math.max(one.x + one.width, other.x + other.width) - x;
  const height = Math.max(one.y + one.height, other.y + other.height) - y;
  return { x, y, width, height };
}
