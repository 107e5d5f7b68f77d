/** Times and spans in words. */

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long something still holds, for people. */
export function timeLeft(seconds: number): string {
  return `${span(seconds)} left`;
}

/** When something begins, both as seconds since 1970: how long that is, and the time of day if it is soon. */
export function beginsAt(time: number, now: number): string {
  const seconds = time - now;
  if (seconds < MINUTE) return "within a minute";
  const clock = new Date(time * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  return seconds < DAY / 2 ? `at ${clock}, in about ${span(seconds)}` : `in about ${span(seconds)}`;
}

/** Never more exact than the one unit it takes. */
function span(seconds: number): string {
  if (seconds < MINUTE) return "less than a minute";
  if (seconds <= 100 * MINUTE) return counted(seconds / MINUTE, "minute");
  return seconds <= 36 * HOUR ? counted(seconds / HOUR, "hour") : counted(seconds / DAY, "day");
}

function counted(amount: number, unit: string): string {
  const rounded = Math.round(amount);
  return `${rounded} ${unit}${rounded === 1 ? "" : "s"}`;
}
