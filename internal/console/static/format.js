// How things are written.

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const exact = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, hourCycle: "h23" });

const written = (format) => (text) => {
  const date = new Date(text);
  return Number.isNaN(date.valueOf()) ? "" : format.format(date);
};
export const time = written(clock);
export const exactTime = written(exact);

// span is how long something is, in the two units that matter.
export function span(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  const rest = (n, unit) => (n ? ` ${n} ${unit}` : "");
  if (minutes < 60) return `${minutes} min${rest(seconds % 60, "s")}`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h${rest(minutes % 60, "min")}`;
  return `${Math.floor(hours / 24)} days`;
}

// The server's clock can be ahead of the page's: it can be skipped.
let ahead = 0;
export const setAhead = (milliseconds) => (ahead = milliseconds);
export const since = (text) => span(Date.now() + ahead - new Date(text));

export function bytes(n) {
  if (n < 1000) return `${n} B`;
  if (n < 1_000_000) return `${(n / 1000).toFixed(1)} kB`;
  return `${(n / 1_000_000).toFixed(1)} MB`;
}

export function took(milliseconds = 0) {
  if (milliseconds < 10) return `${milliseconds.toFixed(1)} ms`;
  if (milliseconds < 10_000) return `${Math.round(milliseconds)} ms`;
  return span(milliseconds);
}

// short is an id as people tell ids apart.
export const short = (id) => (id ? id.slice(0, 8) : "");

// plain shows what a text holds that would not be seen or would turn others around: control
// characters and those that change the direction of writing.
export function plain(text) {
  return String(text ?? "").replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "\ufffd");
}
