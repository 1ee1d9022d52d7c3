"use strict";
(function () {
  document.documentElement.classList.add("js");

  function viewer(root) {
    var stage = root.querySelector(".stage");
    var sheet = root.querySelector(".sheet");
    var slider = root.querySelector(".slider input");

    // The cut divides what is in view: however far the picture is zoomed, it stays in reach.
    function move() {
      var value = Number(slider.value);
      var all = sheet.getBoundingClientRect();
      var left = stage.getBoundingClientRect().left;
      var from = Math.max(all.left, left);
      var to = Math.min(all.right, left + stage.clientWidth);
      var cut = all.width > 0 ? (100 * (from + (to - from) * value / 100 - all.left)) / all.width : value;
      sheet.style.setProperty("--cut", Math.round(cut * 100) / 100 + "%");
      slider.setAttribute("aria-valuetext", slider.dataset.says.replace("{share}", 100 - value));
    }
    slider.addEventListener("input", move);
    root.querySelector(".c-view-slide").checked = true;
    move();

    // Zooming keeps what lies in the middle of the stage in the middle.
    var seen = { x: 0.5, y: 0.5 };
    stage.addEventListener("scroll", function () {
      seen.x = (stage.scrollLeft + stage.clientWidth / 2) / stage.scrollWidth;
      seen.y = (stage.scrollTop + stage.clientHeight / 2) / stage.scrollHeight;
      move();
    });
    window.addEventListener("resize", move);
    root.querySelectorAll(".controls input").forEach(function (input) {
      input.addEventListener("change", function () {
        var x = seen.x, y = seen.y;
        stage.scrollLeft = x * stage.scrollWidth - stage.clientWidth / 2;
        stage.scrollTop = y * stage.scrollHeight - stage.clientHeight / 2;
        move();
      });
    });

    // Dragging moves the picture when it is larger than the stage, and the cut when it is not.
    var drag = null;
    stage.addEventListener("pointerdown", function (event) {
      if (event.pointerType !== "mouse" || event.button !== 0) { return; }
      drag = { x: event.clientX, y: event.clientY, left: stage.scrollLeft, top: stage.scrollTop };
      stage.setPointerCapture(event.pointerId);
      event.preventDefault();
      stage.focus({ preventScroll: true });
      slide(event);
    });
    function slide(event) {
      var larger = stage.scrollWidth > stage.clientWidth + 1 || stage.scrollHeight > stage.clientHeight + 1;
      if (larger) {
        stage.scrollLeft = drag.left - (event.clientX - drag.x);
        stage.scrollTop = drag.top - (event.clientY - drag.y);
      } else if (root.querySelector(".c-view-slide").checked) {
        var box = sheet.getBoundingClientRect();
        slider.value = Math.round(100 * (event.clientX - box.left) / box.width);
        move();
      }
    }
    stage.addEventListener("pointermove", function (event) { if (drag) { slide(event); } });
    ["pointerup", "pointercancel"].forEach(function (name) {
      stage.addEventListener(name, function () { drag = null; });
    });
  }

  document.querySelectorAll(".viewer").forEach(viewer);
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("details").forEach(function (part) { part.open = true; });
  });
})();
