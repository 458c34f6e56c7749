/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Zoom and pan of the timelines. Across only: what is drawn is stretched by a
   transform, text and symbols are squeezed back to their own shape, and where
   there is room then names are written out. Below the natural size, where
   they would run into each other, they go.
   Wheel with Ctrl, the buttons, or + - 0 F and the arrows while the graph has
   the focus; drag to pan. A click on a call leads to its row in the table. */
"use strict";

(function () {
  const most = 24; /* times the natural size */
  const char = 6.4; /* pixels, as in report-timeline.xsl */

  function setUp(graph) {
    const svg = graph.querySelector(".chart");
    const group = svg.querySelector(".tl");
    const bar = graph.parentElement.querySelector(".zoom");
    const said = bar.querySelector("output");
    const x0 = Number(svg.dataset.x0);
    const width = svg.width.baseVal.value - x0;
    let k = 1;
    let ready = false;

    /* Text and symbols keep their shape: squeezed about their own place. */
    function prepare() {
      if (ready) {
        return;
      }
      ready = true;
      group.style.transformOrigin = x0 + "px 0";
      group.querySelectorAll("text, use, circle, .pin rect").forEach((e) => {
        const at = e.closest(".pin")?.querySelector("circle") ||
          (e.matches(".phase text") && e.parentElement.querySelector("rect")) ||
          e;
        const x = at.getAttribute("x") || at.getAttribute("cx") || "0";

        e.style.transformOrigin = x + "px 0";
        e.classList.add("keeps");
      });
    }

    function shortened(name, room) {
      const bare = name.length > room ? name.replace(/^Miniport/, "") : name;

      return room < 4 ? "" : bare.length <= room ? bare :
        bare.slice(0, Math.floor(room) - 1) + "…";
    }

    /* As much of a name as there is room for, now. */
    function nameAll() {
      group.querySelectorAll("[data-name]").forEach((g) => {
        const rect = g.querySelector("rect");
        const room = rect.width.baseVal.value * k / char - 2;
        let text = g.querySelector("text");

        if (!text && room > 6) {
          text = document.createElementNS(svg.namespaceURI, "text");
          text.setAttribute("x", rect.x.baseVal.value);
          text.setAttribute("dx", g.querySelector("use") ? 16 : 2);
          text.setAttribute("y", rect.y.baseVal.value + 8);
          text.style.transformOrigin = rect.x.baseVal.value + "px 0";
          text.classList.add("keeps", "late");
          g.append(text);
        }
        if (text) {
          text.dataset.own = text.dataset.own || text.textContent || " ";
          text.textContent = k === 1 ? text.dataset.own.trim() :
            shortened(g.dataset.name, room);
        }
      });
    }

    function zoom(to, at) {
      const before = k;
      const least = Math.min(1, (graph.clientWidth - x0) / width);
      const focus = at === undefined ?
        (graph.clientWidth + x0) / 2 : Math.max(at, x0);

      k = Math.min(Math.max(to, least), most);
      if (Math.abs(k - 1) < .02) {
        k = 1;
      }
      if (k === before) {
        return;
      }
      prepare();
      svg.style.setProperty("--k", k);
      group.style.transform = "scaleX(" + k + ")";
      svg.setAttribute("width", x0 + width * k);
      svg.setAttribute("viewBox", "0 0 " + (x0 + width * k) + " " +
                       svg.height.baseVal.value);
      svg.classList.toggle("far", k < 1);
      nameAll();
      graph.scrollLeft = (graph.scrollLeft + focus - x0) * k / before -
        focus + x0;
      said.textContent = Math.round(k * 100) + " %";
    }

    const fit = () => zoom((graph.clientWidth - x0) / width);
    const reset = () => zoom(1);
    const keys = {
      "+": () => zoom(k * 1.5), "=": () => zoom(k * 1.5),
      "-": () => zoom(k / 1.5), "0": reset, "f": fit,
      "Home": () => { graph.scrollLeft = 0; },
      "End": () => { graph.scrollLeft = graph.scrollWidth; },
    };

    graph.addEventListener("keydown", (event) => {
      const act = !event.ctrlKey && !event.metaKey && !event.altKey &&
        keys[event.key];

      if (act) {
        event.preventDefault();
        act();
      }
    });
    graph.addEventListener("wheel", (event) => {
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        zoom(k * Math.exp(-event.deltaY / 300),
             event.clientX - graph.getBoundingClientRect().x);
      }
    }, { passive: false });
    bar.hidden = false;
    bar.addEventListener("click", (event) => {
      const name = event.target.closest("button")?.dataset.zoom;

      ({ in: keys["+"], out: keys["-"], fit, reset })[name]?.();
    });
    addPanning(graph);
  }

  /* Dragging moves the graph; a click that moved nothing follows its row. */
  function addPanning(graph) {
    let from = null;

    graph.addEventListener("pointerdown", (event) => {
      if (event.button === 0 && event.pointerType === "mouse") {
        from = { x: event.clientX, left: graph.scrollLeft, moved: false };
      }
    });
    graph.addEventListener("pointermove", (event) => {
      if (from && (from.moved || Math.abs(event.clientX - from.x) > 4)) {
        if (!from.moved) {
          from.moved = true;
          graph.setPointerCapture(event.pointerId);
          graph.classList.add("panning");
        }
        graph.scrollLeft = from.left - (event.clientX - from.x);
      }
    });
    const end = () => {
      graph.classList.remove("panning");
      setTimeout(() => { from = null; });
    };
    graph.addEventListener("pointerup", end);
    graph.addEventListener("pointercancel", end);
    graph.addEventListener("click", (event) => {
      const to = event.target.closest("[data-row]");

      if (from?.moved) {
        event.preventDefault();
      } else if (to && document.getElementById(to.dataset.row)) {
        location.hash = to.dataset.row;
      }
    }, true);
  }

  /* A fold that is closed has no size: it is set up when it opens. */
  const seen = new WeakSet();
  const watch = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (entry.isIntersecting && !seen.has(entry.target)) {
        seen.add(entry.target);
        watch.unobserve(entry.target);
        setUp(entry.target);
      }
    }
  });
  document.querySelectorAll(".graph").forEach((g) => watch.observe(g));
})();
