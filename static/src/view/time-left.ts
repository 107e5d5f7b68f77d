/** Times and spans in words. */

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A remaining time, as a text for users. */
export function timeLeft(seconds: number): string {
  return `${span(seconds)} left`;
}

/** A time of start, as a text: how long until then, and the time of day if it is soon. Both in seconds since 1970. */
export function beginsAt(time: number, now: number): string {
  const seconds = time - now;
  if (seconds < MINUTE) return "within a minute";
  const clock = new Date(time * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  return seconds < DAY / 2 ? `at ${clock}, in about ${span(seconds)}` : `in about ${span(seconds)}`;
}

/** A span, rounded to one unit. */
function span(seconds: number): string {
  if (seconds < MINUTE) return "less than a minute";
  if (seconds <= 100 * MINUTE) return counted(seconds / MINUTE, "minute");
  return seconds <= 36 * HOUR ? counted(seconds / HOUR, "hour") : counted(seconds / DAY, "day");
}

function counted(amount: number, unit: string): string {
  const rounded = Math.round(amount);
  return `${rounded} ${unit}${rounded === 1 ? "" : "s"}`;
}
