// Elements made from text. Nothing here reads markup.

export function element(name, attributes, ...children) {
  const out = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) out.setAttribute(key, value);
  out.append(...children.filter(
      (child) => child !== undefined && child !== null && child !== false && child !== ""));
  return out;
}

// Leaves the page alone when nothing changed, so that a selection or a screen reader's place is kept.
export function replace(id, ...children) {
  const fresh = document.createElement("div");
  fresh.append(...children.filter(Boolean));
  const place = document.getElementById(id);
  if (fresh.innerHTML !== place.innerHTML) place.replaceChildren(...fresh.childNodes);
}

// kind: classes; "row" makes it the head of its row. title: the whole text where a short one is shown.
export function cell(text, kind = "", title = "") {
  const row = kind.split(" ").includes("row");
  const out = element(row ? "th" : "td", row ? {scope: "row", role: "rowheader"} : {role: "cell"}, text);
  const classes = kind.split(" ").filter((word) => word && word !== "row").join(" ");
  if (classes) out.className = classes;
  if (title) out.title = title;
  return out;
}

// A state is told by word and shape; colour only where a person should look.
const shapes = {
  healthy: ["●", ""],
  starting: ["○", ""],
  lagging: ["▲", "warn"],
  stalled: ["▲", "warn"],
  wrong_chain: ["✕", "bad"],
  unreachable: ["✕", "bad"],
  submitted: ["○", ""],
  immature: ["◐", ""],
  mature: ["●", ""],
  orphaned: ["✕", "warn"],
};

export function stateOf(state, note = "") {
  const [shape, level] = shapes[state] ?? ["?", ""];
  const mark = element("span", {"aria-hidden": "true"}, `${shape} `);
  return element(
      "td", {role: "cell"},
      element(
          "span", {class: `state ${level}`.trim()}, mark, state.replaceAll("_", " "), note && ` (${note})`));
}

// Roles are written out because a phone's layout sets display: block, which takes a table's own roles away.
export function table(caption, heads, rows, kinds = []) {
  const head = element(
      "tr", {role: "row"},
      ...heads.map(
          (name, index) =>
              element("th", {scope: "col", role: "columnheader", class: kinds[index] ?? ""}, name)));
  const body = rows.map((cells) => {
    cells.forEach((one, index) => one.setAttribute("data-name", heads[index]));
    return element("tr", {role: "row"}, ...cells);
  });
  return element(
      "div", {class: "scroll"},
      element(
          "table", {class: "stack", role: "table"}, element("caption", {}, caption),
          element("thead", {role: "rowgroup"}, head), element("tbody", {role: "rowgroup"}, ...body)));
}

export function describe(pairs) {
  return element(
      "dl", {class: "facts"},
      ...pairs.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {class: "mono"}, value)]));
}
