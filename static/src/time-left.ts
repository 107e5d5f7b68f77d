const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long something still holds, for people; never more exact than the one unit it takes. */
export function timeLeft(seconds: number): string {
  if (seconds < MINUTE) return "less than a minute left";
  if (seconds <= 100 * MINUTE) return left(seconds / MINUTE, "minute");
  return seconds <= 36 * HOUR ? left(seconds / HOUR, "hour") : left(seconds / DAY, "day");
}

function left(amount: number, unit: string): string {
  const rounded = Math.round(amount);
  return `${rounded} ${unit}${rounded === 1 ? "" : "s"} left`;
}
