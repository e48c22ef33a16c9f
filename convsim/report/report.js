"use strict";
(() => {
  const filters = document.querySelector("[data-filters]");
  const count = document.querySelector("[data-count]");
  const dialogues = [...document.querySelectorAll("article[data-grade]")];
  if (!filters) return;
  const total = Number(count.dataset.total);

  const show = () => {
    const grades = new Set([...filters.querySelectorAll("input:checked")].map((box) => box.value));
    const words = filters.querySelector("[type=search]").value.toLowerCase().split(/\s+/);
    let shown = 0;
    for (const dialogue of dialogues) {
      const text = dialogue.dataset.words;
      dialogue.hidden = !(grades.has(dialogue.dataset.grade) && words.every((w) => text.includes(w)));
      shown += !dialogue.hidden;
    }
    const more = total > dialogues.length ? `; ${total.toLocaleString("en")} in all` : "";
    count.textContent = `${shown} of ${dialogues.length} on this page${more}`;
  };

  const openTarget = () => {
    const id = decodeURIComponent(location.hash.slice(1));
    const dialogue = dialogues.find((candidate) => candidate.id === id);
    if (!dialogue) return;
    dialogue.hidden = false;
    dialogue.querySelector("details").open = true;
    dialogue.scrollIntoView();
  };

  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const details of opened) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of opened) details.open = false;
  });
  addEventListener("hashchange", openTarget);
  filters.addEventListener("input", show);
  filters.addEventListener("submit", (event) => event.preventDefault());
  filters.hidden = false;
  show();
  openTarget();
})();
