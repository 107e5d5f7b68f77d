/** Everything in the page around the desktop. */
export { naming } from "./naming";
export { StartForm } from "./start-form";
export { timeLeft } from "./time-left";
export { View } from "./view";
