// Numbers and instants as people read them. Pure.

const none = "—";
const whole = new Intl.NumberFormat("en");
const prefixes = ["", "k", "M", "G", "T", "P", "E", "Z", "Y"];
const clockFormat = new Intl.DateTimeFormat("en-GB", {hour: "2-digit", minute: "2-digit", second: "2-digit"});
const instantFormat = new Intl.DateTimeFormat(
    "sv-SE", {year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit"});

// Three significant digits and an SI prefix: 1.23 PH/s.
export function scaled(value, unit) {
  if (value == null) return none;
  let index = 0;
  let number = value;
  while (number >= 999.5 && index < prefixes.length - 1) {
    number /= 1000;
    index += 1;
  }
  const digits = number === 0 ? 0 : number < 9.995 ? 2 : number < 99.95 ? 1 : 0;
  return `${number.toFixed(digits)} ${prefixes[index]}${unit}`.trimEnd();
}

export const hashrate = (hps) => scaled(hps, "H/s");
export const count = (number) => (number == null ? none : whole.format(number));
export const plural = (number, word) => `${count(number)} ${word}${number === 1 ? "" : "s"}`;
export const words = (name) => name.replaceAll("_", " ");

// Test networks go far below 1; there a power of ten says more than zeros do.
export function difficulty(value) {
  if (!value) return none;
  return value < 0.01 ? value.toExponential(2) : scaled(value, "");
}

// One standard deviation. Beyond one the number itself says little, and the band says so.
export function band(relative) {
  if (relative == null) return "";
  return relative >= 1 ? "±100 %" : `±${(relative * 100).toFixed(relative < 0.0995 ? 1 : 0)} %`;
}

export function percent(ratio) {
  if (ratio == null) return none;
  const value = ratio * 100;
  if (value > 0 && value < 0.005) return "< 0.01 %";
  return `${value.toFixed(value >= 99.95 || value === 0 ? 0 : value < 10 ? 2 : 1)} %`;
}

export const ratio = (value) =>
    (value == null                 ? none :
         value < 0.01 && value > 0 ? "under 1 %" :
                                     `${whole.format(Math.round(value * 100))} %`);

// Satoshis as bitcoin, by digits and not by division: eight decimals, none rounded.
export function bitcoin(sats) {
  if (sats == null) return none;
  const digits = String(Math.abs(sats)).padStart(9, "0");
  return `${sats < 0 ? "−" : ""}${whole.format(Number(digits.slice(0, -8)))}.${digits.slice(-8)} BTC`;
}

export function span(seconds) {
  if (seconds == null) return none;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} days`;
}

export const ago = (at) => `${span(Math.max(0, (Date.now() - Date.parse(at)) / 1000))} ago`;
export const clock = (at) => clockFormat.format(new Date(at));
export const instant = (at) => (at ? instantFormat.format(new Date(at)) : none);

// The server keeps the time of a last share to five minutes.
export function lastShare(at) {
  if (!at) return "never";
  return Date.now() - Date.parse(at) < 600000 ? "within 10 min" : ago(at);
}

export const shorten = (text) => (text.length > 20 ? `${text.slice(0, 10)}…${text.slice(-6)}` : text);
