// Shortcuts only: every page works without this file.
(() => {
  const errors = document.getElementById("errors");
  if (errors) errors.focus();
  const form = document.getElementById("consent");
  if (form) {
    const all = form.elements.all_scopes;
    const boxes = [...form.querySelectorAll('[name="scope"]')];
    const free = boxes.filter((box) => !box.disabled);
    const sum = form.querySelector("[data-sum]");
    const show = () => {
      const on = boxes.filter((box) => box.checked).length;
      all.checked = on === boxes.length;
      all.indeterminate = on > 0 && !all.checked;
      const who = form.querySelector('[name="profile"]:checked');
      const whom = who ? sum.dataset.for.replace("%p", who.dataset.name) : sum.dataset.nobody;
      sum.textContent = `${whom} ${sum.dataset.sum.replace("%n", on)}`;
    };
    all.addEventListener("change", () => {
      free.forEach((box) => { box.checked = all.checked; });
      show();
    });
    form.addEventListener("change", (event) => { if (event.target !== all) show(); });
    show();
  }
  document.querySelectorAll("[data-reveal]").forEach((button) => {
    const input = document.getElementById(button.dataset.reveal);
    button.hidden = false;
    button.addEventListener("click", () => {
      const shown = input.type === "text";
      input.type = shown ? "password" : "text";
      button.setAttribute("aria-pressed", String(!shown));
    });
  });
  document.querySelectorAll("[data-wait]").forEach((text) => {
    const button = document.getElementById(text.dataset.wait);
    const count = text.querySelector("b");
    if (Number(count.textContent) <= 0) return;
    text.classList.remove("unseen");
    button.disabled = true;
    const tick = setInterval(() => {
      count.textContent = String(Number(count.textContent) - 1);
      if (Number(count.textContent) <= 0) {
        clearInterval(tick);
        text.classList.add("unseen");
        button.disabled = false;
      }
    }, 1000);
  });
  document.querySelectorAll("[data-print]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  });
})();
