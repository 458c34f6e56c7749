/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Comforts of every page: colours, folds, links into folds, copying, paper.
   Runs in the head, so that the colours are right from the first paint. */
"use strict";

(function () {
  const byId = (id) => document.getElementById(id);
  const themes = ["system", "light", "dark"];

  /* Storage may be closed to pages from files: then nothing is remembered. */
  function stored(value) {
    try {
      if (value !== undefined) {
        localStorage.setItem("rig-theme", value);
      }
      return localStorage.getItem("rig-theme");
    } catch (e) {
      return null;
    }
  }

  function setTheme(name) {
    if (name === "system") {
      delete document.documentElement.dataset.theme;
    } else {
      document.documentElement.dataset.theme = name;
    }
  }
  let theme = themes.includes(stored()) ? stored() : "system";
  setTheme(theme);

  function addThemeSwitch() {
    const button = byId("theme");
    const label = button.querySelector("span");
    const show = () => { label.textContent = "Colours: " + theme; };

    button.hidden = false;
    show();
    button.addEventListener("click", () => {
      theme = themes[(themes.indexOf(theme) + 1) % themes.length];
      stored(theme);
      setTheme(theme);
      show();
    });
  }

  /* A page from a file knows better where its files are. */
  function fillPlaces() {
    const dir = decodeURIComponent(location.pathname).replace(/[^/]*$/, "");

    if (location.protocol === "file:" && !/^\/[A-Z]:/i.test(dir) &&
        /^[\w/.+@:,-]+$/.test(dir)) {
      document.querySelectorAll(".here").forEach((e) => {
        e.textContent = dir;
      });
    }
  }

  /* A link into a fold opens it, and what it leads to is shown. */
  function reveal() {
    const target = /=/.test(location.hash) ? null :
      byId(decodeURIComponent(location.hash.slice(1)));
    let opened = false;

    if (!target) {
      return;
    }
    const inner = target.matches(".scenario") &&
      target.querySelector("details");
    for (let fold = inner || target.closest("details"); fold;
         fold = fold.parentElement.closest("details")) {
      opened = opened || !fold.open;
      fold.open = true;
    }
    if (target.closest("[hidden]")) {
      document.dispatchEvent(new Event("rig-show-all"));
      opened = true;
    }
    if (opened) {
      target.scrollIntoView();
    }
  }

  function addFolds() {
    const folds = [...document.querySelectorAll(".scenario > details")];
    const setAll = (open) => folds.forEach((fold) => { fold.open = open; });
    let closed = [];

    if (byId("tools")) {
      byId("tools").hidden = folds.length < 2;
      byId("open-all").addEventListener("click", () => setAll(true));
      byId("close-all").addEventListener("click", () => setAll(false));
    }
    /* Paper shows everything; afterwards the screen is as it was. */
    addEventListener("beforeprint", () => {
      closed = folds.filter((fold) => !fold.open);
      setAll(true);
    });
    addEventListener("afterprint", () => {
      closed.forEach((fold) => { fold.open = false; });
    });
  }

  /* Where the clipboard is out of reach, select the text instead. */
  function copy(button) {
    const text = button.parentElement.querySelector("pre");
    const select = () => getSelection().selectAllChildren(text);

    if (!navigator.clipboard) {
      select();
      return;
    }
    navigator.clipboard.writeText(text.textContent).then(() => {
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    }, select);
  }

  addEventListener("DOMContentLoaded", () => {
    addThemeSwitch();
    fillPlaces();
    addFolds();
    document.querySelectorAll(".copy").forEach((b) => { b.hidden = false; });
    document.addEventListener("click", (event) => {
      const button = event.target.closest(".copy");

      if (button) {
        copy(button);
      }
    });
    addEventListener("hashchange", reveal);
    reveal();
  });
})();
