/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Comforts of the report: open and close all, copy. It works without. */
"use strict";

(function () {
  const folds = document.querySelectorAll(".scenario > details");
  const byId = (id) => document.getElementById(id);
  const setAll = (open) => folds.forEach((fold) => { fold.open = open; });

  byId("tools").hidden = folds.length < 2;
  byId("open-all").addEventListener("click", () => setAll(true));
  byId("close-all").addEventListener("click", () => setAll(false));

  /* A link into a folded scenario opens it. */
  function reveal() {
    const target = byId(decodeURIComponent(location.hash.slice(1)));
    const fold = target &&
      (target.closest("details") || target.querySelector("details"));

    if (fold && !fold.open) {
      fold.open = true;
      target.scrollIntoView();
    }
  }
  addEventListener("hashchange", reveal);
  reveal();

  /* Paper shows everything; afterwards the screen is as it was. */
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...folds].filter((fold) => !fold.open);
    setAll(true);
  });
  addEventListener("afterprint", () => {
    closed.forEach((fold) => { fold.open = false; });
  });

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
  document.querySelectorAll(".copy").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  });
})();
