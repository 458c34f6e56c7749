/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of a page: its filters, kept in the address, and its order.
   A select named N wants rows whose data-N is its value, or holds it between
   bars; the radio buttons want a verdict or a class; the text has to be
   somewhere in the row. What a row filters, its card follows. */
"use strict";

(function () {
  const byId = (id) => document.getElementById(id);
  const body = byId("rows");
  const form = byId("filters");

  if (!body || !form) {
    return;
  }
  const rows = [...body.querySelectorAll(".item")].map((row) => ({
    row,
    card: row.dataset.of ? byId("s" + row.dataset.of) : null,
    text: null,
    shown: true,
  }));
  const radios = [...document.querySelectorAll("input.filter")];
  const selects = [...form.querySelectorAll("select")];
  const search = form.elements.q;
  const out = byId("shown");
  const heads = [...body.parentElement.querySelectorAll("th[data-sort]")];
  let order = "";
  let waiting = false;

  /* --- filters --- */

  const chosen = () => {
    const radio = radios.find((r) => r.checked);

    return radio ? radio.id.slice(2) : "all";
  };

  function textOf(r) {
    if (r.text === null) {
      r.text = (r.row.textContent + " " +
                (r.card ? r.card.querySelector("summary").textContent : ""))
        .toLowerCase();
    }
    return r.text;
  }

  function wanted(r, kind, values, words) {
    const data = r.row.dataset;

    return (kind === "all" || r.row.classList.contains(
              kind === "odd" ? "x-no" : "v-" + kind)) &&
      values.every(([name, value]) => data[name] === value ||
                   (data[name] || "").includes("|" + value + "|")) &&
      words.every((word) => textOf(r).includes(word));
  }

  function apply() {
    const kind = chosen();
    const values = selects.filter((s) => s.value)
      .map((s) => [s.name, s.value]);
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let n = 0;

    for (const r of rows) {
      const show = wanted(r, kind, values, words);

      n += show;
      if (show !== r.shown) {
        r.shown = show;
        r.row.hidden = !show;
        if (r.card) {
          r.card.hidden = !show;
        }
      }
    }
    out.textContent = n === rows.length ?
      n + " " + out.dataset.things :
      n + " of " + rows.length + " " + out.dataset.things;
    document.body.classList.toggle("empty", n === 0);
  }

  /* --- the address --- */

  function save() {
    const state = new URLSearchParams();

    if (chosen() !== "all") {
      state.set("verdict", chosen());
    }
    for (const field of [...selects, search]) {
      if (field.value) {
        state.set(field.name, field.value);
      }
    }
    if (order) {
      state.set("sort", order);
    }
    history.replaceState(null, "", "#" + state);
  }

  function load() {
    const state = new URLSearchParams(location.hash.slice(1));
    const radio = byId("f-" + (state.get("verdict") || "all"));

    if (location.hash && !/=/.test(location.hash)) {
      return; /* a place on the page */
    }
    if (radio && radio.matches(".filter")) {
      radio.checked = true;
    }
    for (const field of [...selects, search]) {
      field.value = state.get(field.name) || "";
    }
    sortBy(state.get("sort") || "");
    apply();
  }

  function changed() {
    if (!waiting) {
      waiting = true;
      requestAnimationFrame(() => {
        waiting = false;
        apply();
        save();
      });
    }
  }

  function clear() {
    const all = byId("f-all");

    [...selects, search].forEach((field) => { field.value = ""; });
    if (all) {
      all.checked = true;
    }
    changed();
  }

  /* --- order: "3" by the fourth column, "-3" the other way --- */

  function keyOf(row, column, kind) {
    const cell = row.children[column];

    if (kind === "rank") {
      return Number(row.dataset.rank);
    }
    if (kind === "number") {
      return Number(cell.dataset.value || cell.textContent || -1);
    }
    return cell.textContent;
  }

  function sortBy(wish) {
    const down = wish.startsWith("-");
    const head = heads.find((h) => String(h.cellIndex) === wish.slice(down));
    const kind = head ? head.dataset.sort : "rank";
    const column = head ? head.cellIndex : 0;
    const collator = new Intl.Collator("en", { numeric: true });
    const compare = kind === "text" ? collator.compare : (a, b) => a - b;
    const keyed = rows.map((r) => [keyOf(r.row, column, kind), r.row]);

    if ((head ? wish : "") === order) {
      return;
    }
    order = head ? wish : "";
    keyed.sort((a, b) => (down ? -1 : 1) * compare(a[0], b[0]));
    body.append(...keyed.map((k) => k[1]));
    for (const h of heads) {
      if (h === head) {
        h.setAttribute("aria-sort", down ? "descending" : "ascending");
      } else {
        h.removeAttribute("aria-sort");
      }
    }
  }

  function addSorting(head) {
    const button = document.createElement("button");

    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const column = String(head.cellIndex);

      /* Largest first where it is about numbers. */
      sortBy(order === column ? "-" + column :
             order === "-" + column ? "" :
             head.dataset.sort === "number" && head.cellIndex ?
             "-" + column : column);
      save();
    });
  }

  heads.forEach(addSorting);
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", changed);
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    clear();
  });
  radios.forEach((r) => r.addEventListener("change", changed));
  document.addEventListener("rig-show-all", () => { clear(); apply(); });
  addEventListener("hashchange", load);
  load();
  apply();
})();
