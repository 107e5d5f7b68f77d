/** The steps of a start, in the order in which users see them. */
import type { Session } from "../api";
import { beginsAt } from "./time-left";

export interface Step {
  label: string;
  status: "done" | "current" | "waiting";
  /** More about the current step. */
  detail?: string;
}

type Name = Session["step"];

const JOB: [Name, string][] = [["submit", "Submit the job"], ["queue", "Wait for a node"]];

type Known = Pick<Session, "step" | "state"> & Partial<Pick<Session, "job">>;

/** `application` is a title; `inJob`: the steps begin with a batch job. */
export function progress(session: Known | null, application: string | null = null, inJob = false): Step[] {
  if (session?.step === "ending") return [];
  const job = inJob || Boolean(session?.job) || session?.step === "submit";
  const steps = [...(job ? JOB : []), ...coming(application)];
  const reached = session === null ? 0 : session.state === "running" ? steps.length - 1 : Math.max(0, steps.findIndex(([name]) => name === session.step));
  return steps.map(([name, label], index) => {
    if (index !== reached) return { label, status: index < reached ? "done" : "waiting" };
    return { label, status: "current", ...(name === "queue" && session ? { detail: queueDetail(session) } : {}) };
  });
}

function coming(application: string | null): [Name, string][] {
  return [
    ["display-server", "Start the display server"],
    ["session", application === null ? "Start the session" : `Start ${application}`],
    ["window-manager", application === null ? "Wait for the window manager" : "Wait for its window"],
    ["running", "Connect"],
  ];
}

/** Why the job waits, and its expected start. */
function queueDetail({ job }: Known): string {
  if (!job) return "";
  if (job.waiting === null) return `On ${job.node}.`;
  const why = job.waiting && `${job.waiting.charAt(0).toUpperCase()}${job.waiting.slice(1)}.`;
  const when = job.starts === null ? "" : `It is expected to begin ${beginsAt(job.starts, job.now)}.`;
  return [why, when].filter(Boolean).join(" ");
}
