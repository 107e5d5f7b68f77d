/** The endings of guests, who came by a share and can start nothing. */
import type { Failure } from "../api";
import type { Message } from "./card";
import type { Naming } from "./naming";
import { PublicState } from "./public-state";

/** Null where guests get the same card as owners. */
export function guestEnding(failure: Failure, named: Naming, again: () => void): [PublicState, string, Message] | null {
  const { problem, session } = failure.details;
  if (problem) return problem.reason === "share-ended" ? [PublicState.Stopped, "share-ended", shareEnded(problem)] : null;
  if (failure.kind === "disconnected") return [PublicState.Stopped, "disconnected", disconnected(named, again)];
  if (failure.kind !== "over") return null;
  return session ? [PublicState.Stopped, "session-ended", ended(named)] : [PublicState.Stopped, "not-started", notStarted(named)];
}

function ended({ The }: Naming): Message {
  return {
    title: `${The} has ended`,
    text: "Ask the person who shared it to start it again, and to send you a new link.",
  };
}

function notStarted({ The }: Naming): Message {
  return {
    title: `${The} is not running`,
    text: "It has not been started yet, or its Jupyter server was restarted.",
    remedy: "Ask the person who shared it to start it, and to send you a new link.",
  };
}

function shareEnded({ message, remedy }: { message: string; remedy?: string | null }): Message {
  return { title: "This link has ended", text: message, remedy };
}

function disconnected(named: Naming, again: () => void): Message {
  return {
    title: "You were disconnected",
    text: `The person who shared ${named.this} closed your connection.`,
    action: { label: "Try again", run: again },
  };
}
