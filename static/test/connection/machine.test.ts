import assert from "node:assert/strict";
import test from "node:test";
import {
  begin, brought, CONNECTED, DUE, endings, ENDING, failed, FAILED, heard, IN_JOB, type Line, LOOKING_ON, lost, OUT_OF_REACH, play, QUEUED, REACHABLE, refusal,
  notStopped, RUNNING, SAVES, SEEN, STARTING, STOP, STOPPED, stopped, TO_CONNECTED, TO_LOOKING_ON, unheard,
} from "./history";

const HISTORIES: Record<string, Line[]> = {
  "a desktop starts, and is a black screen at first": [
    [0, begin("start"), "starting, steps", "let-go, start"],
    [0, brought(STARTING), "starting, steps", "watch, prepare"],
    [1, heard(STARTING), "starting, steps", "prepare"],
    [2, heard(REACHABLE), "connecting, steps", "prepare, connect"],
    [3, CONNECTED, "connected, steps"],
    [3, SEEN, "connected, beginning"],
    [4, heard(RUNNING), "connected, beginning", "prepare, unwatch, await-paint"],
    [5, { kind: "painted" }, "connected"],
  ],
  "a desktop is running already": [
    ...TO_CONNECTED,
    // An event that was on its way.
    [2, heard(RUNNING), "connected", "prepare, unwatch"],
  ],
  "a job waits for a node": [
    [0, begin("start"), "starting, steps", "let-go, start"],
    [0, brought(QUEUED), "starting, steps", "watch, prepare"],
    [9, { kind: "log", lines: ["granted"] }, "starting, steps", "granted"],
    [9, heard(IN_JOB), "connecting, steps", "prepare, connect"],
    [10, CONNECTED, "connected, steps"],
    [10, { kind: "log", lines: ["more"] }, "connected, steps"],
    // The screen may still be black.
    [10, SEEN, "connected, beginning", "await-paint"],
    // A job can end at any time, so the watch goes on.
    [11, { kind: "painted" }, "connected"],
    [12, heard(IN_JOB), "connected", "prepare"],
  ],
  "a connection breaks": [
    ...TO_CONNECTED,
    [60, lost("unreachable"), "reconnecting, lost", "pause 0 since 60"],
    [61, DUE, "reconnecting, lost", "connect"],
    [64, failed("unreachable"), "reconnecting, lost", "pause 1 since 61"],
    [65, DUE, "reconnecting, lost", "connect"],
    [66, CONNECTED, "connected, lost"],
    [66, SEEN, "connected"],
  ],
  "a connection breaks before the first picture": [
    ...TO_CONNECTED.slice(0, 3),
    [2, lost("unreachable", false), "connecting, steps, lost", "pause 0 since 2"],
    [3, DUE, "connecting, steps, lost", "connect"],
    [4, CONNECTED, "connected, steps, lost"],
  ],
  "the picture stays when a new connection ends before its first picture": [
    ...TO_CONNECTED,
    [60, lost("unreachable"), "reconnecting, lost", "pause 0 since 60"],
    [61, DUE, "reconnecting, lost", "connect"],
    [62, CONNECTED, "connected, lost"],
    [62, lost("unreachable", false), "reconnecting, lost", "pause 1 since 62"],
  ],
  "a connection that breaks at once does not reset the delays": [
    ...TO_CONNECTED,
    [60, lost("unreachable"), "reconnecting, lost", "pause 0 since 60"],
    [61, DUE, "reconnecting, lost", "connect"],
    [61, CONNECTED, "connected, lost"],
    [61.9, lost("unreachable"), "reconnecting, lost", "pause 1 since 61.9"],
    [62, DUE, "reconnecting, lost", "connect"],
    [62, CONNECTED, "connected, lost"],
    [63, lost("unreachable"), "reconnecting, lost", "pause 0 since 63"],
  ],
  "the server does not answer": [
    [0, begin("start"), "starting, steps", "let-go, start"],
    [3, failed("unreachable"), "starting, steps, lost", "pause 0 since 0"],
    [4, DUE, "starting, steps, lost", "start"],
    [5, brought(STARTING), "starting, steps", "watch, prepare"],
    [6, unheard("unreachable"), "starting, steps, lost"],
    [7, heard(REACHABLE), "connecting, steps", "prepare, connect"],
  ],
  "the user retries at once": [
    ...TO_CONNECTED,
    [60, lost("unreachable"), "reconnecting, lost", "pause 0 since 60"],
    [60, { kind: "retry" }, "reconnecting, lost", "connect"],
    [60, { kind: "retry" }, "reconnecting, lost"],
    [61, DUE, "reconnecting, lost"],
  ],
  "a hidden page waits until it is shown": [
    ...TO_CONNECTED,
    [10, { kind: "hidden" }, "connected"],
    [60, lost("unreachable"), "reconnecting, lost", "pause 0 since 60"],
    [61, DUE, "reconnecting, lost"],
    [90, { kind: "offline" }, "reconnecting, lost"],
    [99, { kind: "shown" }, "reconnecting, lost", "connect, probe"],
  ],
  "a hidden page reconnects when the network is back": [
    ...TO_CONNECTED,
    [10, { kind: "hidden" }, "connected"],
    [60, lost("unreachable"), "reconnecting, lost", "pause 0 since 60"],
    [61, { kind: "online" }, "reconnecting, lost", "connect"],
  ],
  "a page that may have slept checks its connection": [
    ...TO_CONNECTED,
    [10, { kind: "offline" }, "connected", "probe"],
    [11, { kind: "online" }, "connected", "probe"],
    [12, { kind: "hidden" }, "connected"],
    [13, { kind: "online" }, "connected"],
    [14, { kind: "shown" }, "connected", "probe"],
    [15, { kind: "thawed" }, "connected", "probe"],
  ],
  "the network goes and comes": [
    ...TO_CONNECTED,
    [60, { kind: "offline" }, "connected", "probe"],
    [62, lost("unreachable"), "reconnecting, lost", "pause 0 since 62"],
    [62, { kind: "online" }, "reconnecting, lost", "connect, probe"],
  ],
  "WebSockets are blocked": [
    ...TO_CONNECTED.slice(0, 2),
    [1, failed("blocked"), "connecting, steps, lost", "pause 0 since 0"],
    [2, DUE, "connecting, steps, lost", "connect"],
    [3, failed("blocked"), "connecting, steps, lost", "pause 1 since 2"],
    [4, DUE, "connecting, steps, lost", "connect"],
    [5, failed("blocked"), "connecting, steps, blocked", "pause 2 since 4"],
    [6, DUE, "connecting, steps, blocked", "connect"],
    // Then the server does not answer either.
    [7, failed("unreachable"), "connecting, steps, lost", "pause 3 since 6"],
  ],
  "the user logs out": [
    ...TO_CONNECTED,
    [60, lost("gone"), "reconnecting, lost", "pause 0 since 60"],
    [61, DUE, "reconnecting, lost", "ask"],
    [61, brought(STOPPED), "stopped: session-ended", "prepare, unwatch, let-go"],
    [70, begin("start"), "starting, steps", "let-go, start"],
  ],
  "programs save when the session ends": [
    ...TO_CONNECTED,
    [60, lost("gone"), "reconnecting, lost", "pause 0 since 60"],
    [61, DUE, "reconnecting, lost", "ask"],
    // The display server still answers, but the session is ending.
    [61, brought(ENDING), "reconnecting, saving", "watch, prepare"],
    [64, heard(STOPPED), "stopped: session-ended", "prepare, unwatch, let-go"],
    [65, heard(STOPPED), "stopped: session-ended"],
  ],
  "the server was restarted, and has no session": [
    ...TO_CONNECTED,
    [60, lost("unreachable"), "reconnecting, lost", "pause 0 since 60"],
    [61, DUE, "reconnecting, lost", "connect"],
    [62, failed("gone"), "reconnecting, lost", "pause 1 since 61"],
    [63, DUE, "reconnecting, lost", "ask"],
    [63, failed("gone"), "stopped: session-ended", "let-go"],
  ],
  "the job of a desktop ends": [
    ...TO_CONNECTED.slice(0, 1),
    [0, brought(IN_JOB), "connecting, steps", "watch, prepare, connect"],
    [1, CONNECTED, "connected, steps"],
    [1, SEEN, "connected"],
    [9, unheard("unreachable"), "connected"],
    [99, heard(STOPPED), "stopped: session-ended", "prepare, unwatch, let-go"],
  ],
  "the start script fails": [
    [0, begin("start"), "starting, steps", "let-go, start"],
    [0, brought(STARTING), "starting, steps", "watch, prepare"],
    [1, heard(FAILED), "failed: xstartup-failed", "prepare, unwatch, let-go"],
  ],
  "a start is refused with a reason": [
    [0, begin("start"), "starting, steps", "let-go, start"],
    [0, failed("refused", { reason: "no-vnc-server", message: "No VNC server is installed." }), "failed: no-vnc-server", "let-go"],
    [9, begin("start"), "starting, steps", "let-go, start"],
  ],
  "there is no client for the desktop": [
    ...TO_CONNECTED.slice(0, 2),
    [1, failed("no-client", { reason: "client-missing", message: "Not installed." }), "failed: client-missing", "let-go"],
  ],
  "Xpra restarts": [
    ...TO_CONNECTED,
    [60, lost("gone"), "reconnecting, lost", "pause 0 since 60"],
    [61, DUE, "reconnecting, lost", "ask"],
    [61, brought(OUT_OF_REACH), "reconnecting, lost", "watch, prepare"],
    [62, heard(RUNNING), "reconnecting, lost", "prepare, unwatch, connect"],
    [63, failed("not-ready"), "reconnecting, lost", "pause 1 since 61"],
    [64, DUE, "reconnecting, lost", "ask"],
  ],
  "another window takes over the connection": [
    ...TO_CONNECTED,
    [60, lost("elsewhere"), "stopped: elsewhere", "let-go"],
    [61, DUE, "stopped: elsewhere"],
    [61, { kind: "online" }, "stopped: elsewhere", "probe"],
    [70, begin("ask"), "starting, steps", "let-go, ask"],
  ],
  "another window closes the connection": [
    ...TO_CONNECTED,
    [60, lost("disconnected"), "reconnecting", "check"],
    [61, { kind: "checked", refusal: null }, "stopped: disconnected", "let-go"],
  ],
  "the sign-in is lost": [
    ...TO_CONNECTED,
    [60, lost("unreachable"), "reconnecting, lost", "pause 0 since 60"],
    [61, DUE, "reconnecting, lost", "connect"],
    [61, failed("signed-out"), "failed: signed-out", "let-go"],
  ],
  "a watch without an answer ends nothing, but an answer of the server does": [
    [0, begin("start"), "starting, steps", "let-go, start"],
    [0, brought(STARTING), "starting, steps", "watch, prepare"],
    [5, unheard("unreachable"), "starting, steps, lost"],
    [9, unheard("signed-out"), "failed: signed-out", "let-go"],
  ],
  "the user stops the desktop": [
    ...TO_CONNECTED,
    [60, STOP, "connected, stopping", "stop"],
    [62, SAVES, "connected, saving"],
    [64, stopped, "stopped: session-ended", "let-go"],
  ],
  "the desktop ends before the server has answered the page that stops it": [
    ...TO_CONNECTED,
    [60, STOP, "connected, stopping", "stop"],
    [62, SAVES, "connected, saving"],
    [64, lost("gone"), "reconnecting, saving", "pause 0 since 64"],
    [64, DUE, "reconnecting, saving", "ask"],
    [65, brought(STOPPED), "stopped: session-ended", "prepare, unwatch, let-go"],
  ],
  "another user stops the desktop, and programs save": [
    ...TO_LOOKING_ON,
    [60, SAVES, "connected, saving, view only"],
    [64, lost("gone"), "reconnecting, saving, view only", "pause 0 since 64"],
    [64, DUE, "reconnecting, saving, view only", "ask"],
    [65, brought(ENDING), "reconnecting, saving, view only", "watch, prepare"],
    [66, heard(STOPPED), "stopped: session-ended", "prepare, unwatch, let-go"],
  ],
  "a connection breaks while programs save": [
    ...TO_CONNECTED,
    [60, SAVES, "connected, saving"],
    [61, lost("unreachable"), "reconnecting, lost", "pause 0 since 61"],
    [61, DUE, "reconnecting, lost", "connect"],
    [62, CONNECTED, "connected, lost"],
    [62, SAVES, "connected, saving"],
    [62, SEEN, "connected, saving"],
  ],
  "the user cancels a waiting job": [
    [0, begin("start"), "starting, steps", "let-go, start"],
    [0, brought(QUEUED), "starting, steps", "watch, prepare"],
    [5, { kind: "stop", cancel: true }, "starting, steps, cancelling", "stop"],
    [5, heard(QUEUED), "starting, steps, cancelling", "prepare"],
    [6, stopped, "stopped: session-ended", "let-go"],
  ],
  "the cancelling of a job is not answered": [
    [0, begin("start"), "starting, steps", "let-go, start"],
    [0, brought(QUEUED), "starting, steps", "watch, prepare"],
    [5, { kind: "stop", cancel: true }, "starting, steps, cancelling", "stop"],
    [9, notStopped("unreachable"), "starting, steps"],
    [10, heard(QUEUED), "starting, steps", "prepare"],
  ],
  "a stop is not answered": [
    ...TO_CONNECTED,
    [60, STOP, "connected, stopping", "stop"],
    [90, notStopped("unreachable"), "connected"],
  ],
  "a stopped desktop is already gone": [
    ...TO_CONNECTED,
    [60, STOP, "connected, stopping", "stop"],
    [61, notStopped("gone"), "stopped: session-ended", "let-go"],
  ],
  "the old desktop ends before the restart is answered": [
    ...TO_CONNECTED,
    [60, { kind: "restart" }, "connected, saving", "restart"],
    [61, SAVES, "connected, saving"],
    [62, lost("gone"), "starting, steps, saving", "let-go, restart"],
    [62, { kind: "restarted", answered: true }, "starting, steps, saving"],
    [62, brought(STARTING), "starting, steps", "watch, prepare"],
  ],
  "a restart is not answered while programs save": [
    ...TO_CONNECTED,
    [60, { kind: "restart" }, "connected, saving", "restart"],
    [61, SAVES, "connected, saving"],
    [90, { kind: "restarted", answered: false }, "connected, saving"],
    [95, lost("gone"), "starting, steps, saving", "let-go, restart"],
  ],
  "the user restarts the desktop": [
    ...TO_CONNECTED,
    [60, { kind: "restart" }, "connected, saving", "restart"],
    [60, { kind: "restarted", answered: true }, "starting, steps, saving", "let-go, restart"],
    // The restart may have been done: not twice.
    [90, failed("unreachable"), "starting, steps, lost", "pause 0 since 60"],
    [91, DUE, "starting, steps, lost", "start"],
    [92, brought(STARTING), "starting, steps", "watch, prepare"],
    [93, heard(REACHABLE), "connecting, steps", "prepare, connect"],
  ],
  "there are options, and no desktop": [
    [0, begin("look"), "starting", "let-go, look"],
    [1, failed("unreachable"), "starting, lost", "pause 0 since 0"],
    [2, DUE, "starting, lost", "look"],
    [2, failed("gone"), "form", "let-go"],
    [9, begin("start"), "starting, steps", "let-go, start"],
  ],
  "there are options, and a desktop": [
    [0, begin("look"), "starting", "let-go, look"],
    [1, brought(RUNNING), "connecting, steps", "prepare, unwatch, connect"],
  ],
  "there are options, and a desktop that has ended": [
    [0, begin("look"), "starting", "let-go, look"],
    [1, brought(STOPPED), "form", "let-go"],
  ],
  "a card stays until there is another one": [
    ...TO_CONNECTED,
    [60, heard(STOPPED), "stopped: session-ended", "prepare, unwatch, let-go"],
    [70, begin("look"), "stopped: session-ended", "let-go, look"],
    [71, failed("gone"), "form", "let-go"],
  ],
};

const GUESTS: Record<string, Line[]> = {
  "a guest connects, view-only": TO_LOOKING_ON,
  "a guest reconnects, view-only": [
    ...TO_LOOKING_ON,
    [60, lost("unreachable"), "reconnecting, lost, view only", "pause 0 since 60"],
    [61, DUE, "reconnecting, lost, view only", "connect"],
    [62, LOOKING_ON, "connected, lost, view only"],
    [62, SEEN, "connected, view only"],
  ],
  "a guest opens a link, but there is no desktop": [
    [0, begin("ask"), "starting, steps", "let-go, ask"],
    [0, failed("gone"), "stopped: not-started", "let-go"],
  ],
  "a guest is disconnected": [
    ...TO_LOOKING_ON,
    [60, lost("disconnected"), "reconnecting, view only", "check"],
    [61, { kind: "checked", refusal: null }, "stopped: disconnected", "let-go"],
    [70, begin("ask"), "starting, steps", "let-go, ask"],
  ],
  "a guest's link ends": [
    ...TO_LOOKING_ON,
    [60, lost("disconnected"), "reconnecting, view only", "check"],
    [61, refusal({ reason: "share-ended", message: "It has ended." }), "stopped: share-ended", "let-go"],
  ],
  "a guest opens a link that has ended": [
    [0, begin("ask"), "starting, steps", "let-go, ask"],
    [0, brought(RUNNING), "connecting, steps", "prepare, unwatch, connect"],
    [0, failed("refused", { reason: "share-ended", message: "It has ended." }), "stopped: share-ended", "let-go"],
  ],
  "a guest's desktop ends": [
    ...TO_LOOKING_ON,
    [60, lost("gone"), "reconnecting, lost, view only", "pause 0 since 60"],
    [61, DUE, "reconnecting, lost, view only", "ask"],
    [61, brought(STOPPED), "stopped: session-ended", "prepare, unwatch, let-go"],
  ],
  "a guest's desktop fails": [
    [0, begin("ask"), "starting, steps", "let-go, ask"],
    [0, brought(FAILED), "stopped: session-ended", "prepare, unwatch, let-go"],
  ],
};

for (const [name, lines] of Object.entries(HISTORIES)) test(name, () => { play(lines); });
for (const [name, lines] of Object.entries(GUESTS)) test(name, () => { play(lines, { guest: true }); });

test("the page tries five passwords until it gives up", () => {
  const refused = [0, 1, 2, 3].flatMap((count): Line[] => [
    [count, failed("not-authorised"), "connecting, steps, lost", `pause ${count} since ${count}`],
    [count + 1, DUE, "connecting, steps, lost", "connect"],
  ]);
  play([...TO_CONNECTED.slice(0, 2), ...refused, [5, failed("not-authorised"), "failed: refused", "let-go"]]);
});

test("a connection resets the counts of failures", () => {
  const { inARow } = play([
    ...TO_CONNECTED.slice(0, 2),
    [1, failed("blocked"), "connecting, steps, lost", "pause 0 since 0"],
    [2, DUE, "connecting, steps, lost", "connect"],
    [3, failed("not-authorised"), "connecting, steps, lost", "pause 1 since 2"],
    [4, DUE, "connecting, steps, lost", "connect"],
    [5, CONNECTED, "connected, steps, lost"],
  ]);
  assert.deepEqual(inARow, { refusals: 0, blocked: 0, absent: 0 });
});

for (const kind of ["signed-out", "not-running"] as const) {
  test(`at a hub, only the fifth answer "${kind}" in a row ends the page`, () => {
    const absent = [0, 1, 2, 3].flatMap((count): Line[] => [
      [count, failed(kind), "starting, steps, lost", `pause ${count} since ${count}`],
      [count + 1, DUE, "starting, steps, lost", "ask"],
    ]);
    play([[0, begin("ask"), "starting, steps", "let-go, ask"], ...absent, [5, failed(kind), `failed: ${kind}`, "let-go"]], { atHub: true });
  });
}

test("a page that was opened in the background connects, and waits only after a failure", () => {
  play([...TO_CONNECTED, [60, lost("unreachable"), "reconnecting, lost", "pause 0 since 60"], [61, DUE, "reconnecting, lost"]], { hidden: true });
});

test("a failure's card has the remedy and the command", () => {
  const problem = { reason: "no-vnc-server", message: "No VNC server is installed.", remedy: "Install one.", command: "apt install" };
  const { card } = play([[0, begin("start"), "starting, steps", "let-go, start"], [0, failed("refused", problem), "failed: no-vnc-server", "let-go"]]);
  assert.equal(card?.kind, "ending");
  const [, , message] = endings(false).of(card.failure);
  assert.deepEqual([message.title, message.text, message.remedy, message.command, message.action?.label], ["The desktop cannot be opened", problem.message, problem.remedy, problem.command, "Try again"]);
});
