/**
 * Compares the samples of tests/contract with this page's types: tsc compares the fields, both ways, and the tests here
 * compare the unions of words, which JSON does not have. The server's tests compare the samples with its answers.
 */
import assert from "node:assert/strict";
import test from "node:test";
import closing from "../../tests/contract/closing.json";
import logEvent from "../../tests/contract/log-event.json";
import pageData from "../../tests/contract/page-data.json";
import problem from "../../tests/contract/problem.json";
import session from "../../tests/contract/session.json";
import shares from "../../tests/contract/shares.json";
import ticket from "../../tests/contract/ticket.json";
import words from "../../tests/contract/words.json";
import type { ClientFiles, Field, PageData, Placement } from "../src/api/page-data";
import type { Access, Job, Problem, Session, Share, Ticket, Viewer } from "../src/api/session";
import type { Listener } from "../src/api/watch";
import { CLOSING } from "../src/wire/closing";

/** T as the type of imported JSON: any text, where T has a union of words. */
type Plain<T> = T extends string ? string
  : T extends number ? number
  : T extends boolean ? boolean
  : T extends (infer Item)[] ? Plain<Item>[]
  : T extends object ? { [Key in keyof T]: Plain<T[Key]> }
  : T;

type Item<T> = T extends (infer One)[] ? One : never;

/** "true" where the sample has the fields of the type, and otherwise only those that the page does not use. */
type Fields<Sample, Type, Unused extends string = never> =
  [Exclude<keyof Sample, keyof Type>] extends [Unused]
    ? [Unused] extends [Exclude<keyof Sample, keyof Type>]
      ? [Exclude<keyof Type, keyof Sample>] extends [never] ? true : ["missing in the sample", Exclude<keyof Type, keyof Sample>]
      : ["used, or not in the sample", Unused]
    : ["unknown to the page", Exclude<keyof Sample, keyof Type>];

const pages: Plain<PageData>[] = Object.values(pageData);
const sessions: Plain<Session>[] = Object.values(session);
const tickets: Plain<Ticket>[] = Object.values(ticket);
const links: Plain<Share>[] = shares.shares;
const problems: Plain<Problem>[] = [problem, session.failed.error];
const lines: Parameters<Listener["log"]>[0] = logEvent.lines;

type Linked = (typeof pageData)["application, by a link"];
const fields: true[] = [
  true satisfies Fields<typeof pageData.desktop, PageData>,
  true satisfies Fields<Linked, PageData>,
  true satisfies Fields<Linked["clients"]["xpra"], ClientFiles>,
  true satisfies Fields<Item<Linked["placements"]>, Placement>,
  true satisfies Fields<Item<Item<Linked["placements"]>["fields"]>, Field>,
  true satisfies Fields<typeof session.running, Session, "application" | "last_activity">,
  true satisfies Fields<Item<typeof session.running.viewers>, Viewer>,
  true satisfies Fields<(typeof session)["waiting for a job"]["job"], Job>,
  true satisfies Fields<typeof ticket.vnc, Ticket, "expires_in">,
  true satisfies Fields<Item<typeof shares.shares>, Share>,
  true satisfies Fields<typeof problem, Problem>,
];

/** All members of a union of words: tsc reports missing and unknown ones. */
function all<Word extends string>(known: Record<Word, true>): string[] {
  return Object.keys(known).sort();
}

test("there is a sample of each kind", () => {
  for (const samples of [pages, sessions, tickets, links, problems, lines, fields]) assert.notEqual(samples.length, 0);
});

test("states and steps are the server's", () => {
  assert.deepEqual(all<Session["state"]>({ starting: true, running: true, stopped: true, failed: true }), sorted(words.states));
  const steps = all<Session["step"]>({
    submit: true,
    queue: true,
    "display-server": true,
    session: true,
    "window-manager": true,
    running: true,
    ending: true,
  });
  assert.deepEqual(steps, sorted(words.steps));
});

test("kinds of access, sharing and fields are the server's", () => {
  assert.deepEqual(all<Access>({ full: true, view: true }), sorted(words.access));
  assert.deepEqual(all<PageData["sharing"]>({ full: true, view: true, off: true }), sorted(words.sharing));
  assert.deepEqual(all<Field["kind"]>({ choice: true, number: true, text: true }), sorted(words["kinds of fields"]));
});

test("closing codes are the bridge's", () => {
  const own = Object.entries(closing).filter(([, code]) => code >= 4000);
  assert.deepEqual(CLOSING, Object.fromEntries(own));
});

function sorted(list: string[]): string[] {
  return [...list].sort();
}
