// What the pages do better with a script; everything works without.
(function () {
  "use strict";

  // A form is sent once: a second press while the first is under way does nothing.
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.method !== "post") return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "yes";
  });
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) { delete form.dataset.sent; });
  });

  // The summary of errors takes focus.
  var errors = document.getElementById("errors");
  if (errors) errors.focus();

  // Buttons that only make sense with a script.
  document.querySelectorAll("[data-print]").forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", function () { window.print(); });
  });

  // A filter is sent when it is chosen.
  document.querySelectorAll("form[data-at-once] select").forEach(function (select) {
    select.addEventListener("change", function () { select.form.requestSubmit(); });
  });

  // The region of counts is fetched again every five seconds while it is looked at.
  var live = document.querySelector("[data-live]");
  function again() {
    if (document.hidden) return;
    fetch(location.href, { headers: { "X-Live": "1" } }).then(function (answer) {
      return answer.ok ? answer.text() : null;
    }).then(function (text) {
      if (!text) return;
      var fresh = new DOMParser().parseFromString(text, "text/html").querySelector("[data-live]");
      if (fresh && fresh.innerHTML !== live.innerHTML) live.innerHTML = fresh.innerHTML;
    }).catch(function () { /* the next round tries again */ });
  }
  if (live) setInterval(again, 5000);
})();
