import type { Message } from "./card";
import type { Failure } from "./failure";
import { State } from "./state";

/** The card for those who came by a share, and can start nothing; null where it is the one that all get. */
export function guestEnding(failure: Failure, again: () => void): [State, string, Message] | null {
  const { problem, session } = failure.details;
  if (problem) return problem.reason === "share-ended" ? [State.Stopped, "share-ended", shareEnded(problem)] : null;
  if (failure.kind === "disconnected") return [State.Stopped, "disconnected", disconnected(again)];
  if (failure.kind !== "over") return null;
  return session ? [State.Stopped, "session-ended", ENDED] : [State.Stopped, "not-started", NOT_STARTED];
}

const ENDED: Message = {
  title: "The desktop has ended",
  text: "Ask the person who shared it to start it again, and to send you a new link.",
};

const NOT_STARTED: Message = {
  title: "The desktop is not running",
  text: "Nobody has started it yet, or its Jupyter server was restarted.",
  remedy: "Ask the person who shared it to start it, and to send you a new link.",
};

function shareEnded({ message, remedy }: { message: string; remedy?: string | null }): Message {
  return { title: "This link has ended", text: message, remedy };
}

function disconnected(again: () => void): Message {
  return {
    title: "You were disconnected",
    text: "The person who shared this desktop closed your connection.",
    action: { label: "Try again", run: again },
  };
}
