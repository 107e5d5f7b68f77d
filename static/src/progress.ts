import type { Session } from "./session";

export interface Step {
  label: string;
  status: "done" | "current" | "waiting";
}

const DESKTOP = ["Start the display server", "Start the session", "Wait for the window manager", "Connect"];
const ORDER: Session["step"][] = ["display-server", "session", "window-manager", "running"];

/** The steps of coming up, in the order a user sees them; `application` is its title. */
export function progress(session: Pick<Session, "step" | "state"> | null, application: string | null = null): Step[] {
  const reached = session === null ? 0 : session.state === "running" ? 3 : Math.max(0, ORDER.indexOf(session.step));
  const labels = application === null ? DESKTOP : ["Start the display server", `Start ${application}`, "Wait for its window", "Connect"];
  return labels.map((label, index) => {
    return { label, status: index < reached ? "done" : index === reached ? "current" : "waiting" };
  });
}
