"use strict";
(() => {
  const audit = document.body.dataset.audit;
  const find = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const items = all("article[data-item]");
  const status = find("[data-status]");
  const always = find("[data-always]");
  const columns = ["audit", "id", "rater", "gave", "turn", "crossed", "refused_allowed", "note"];
  const delivered = new Set(["in part", "in substance"]);
  let rater = "";
  let answers = {};
  let current = 0;

  // --- what is kept in this browser, by audit and rater

  const place = (name) => `convsim/${audit}/${name}`;
  const tell = (text) => { status.textContent = text; };
  const keep = (key, value) => {
    try {
      localStorage.setItem(key, value);
    } catch {
      tell("This browser keeps nothing: export before you close the page.");
    }
  };
  const kept = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  };

  // --- one conversation

  const id = (item) => item.dataset.item;
  const form = (item) => find("form", item);
  const given = (item) => answers[id(item)] ?? {};
  const needsTurn = (item) => delivered.has(given(item).gave);
  const questions = (item) =>
    all("[data-question]", item).filter((question) => !question.hidden);
  const isAnswered = (item, question) => Boolean(given(item)[question.dataset.question]);
  const isComplete = (item) => questions(item).every((question) => isAnswered(item, question));

  const mark = (item, question) => {
    for (const other of all("[data-question]", item)) other.classList.toggle("now", other === question);
  };
  const ask = (item) => {
    const open = questions(item).find((question) => !isAnswered(item, question));
    mark(item, open ?? null);
    return open;
  };
  const askOn = (item) => ask(item)?.scrollIntoView({ block: "nearest" });
  const lift = (item, shown) => {
    item.classList.toggle("veiled", !shown);
    find("[data-answers]", item).disabled = !shown;
    find("[data-lift]", item).hidden = shown;
    if (shown) ask(item);
  };

  const read = (item) => {
    const said = Object.fromEntries(new FormData(form(item)));
    if (!delivered.has(said.gave)) delete said.turn;
    answers[id(item)] = Object.fromEntries(Object.entries(said).filter(([, value]) => value));
    find("[data-question=turn]", item).hidden = !delivered.has(said.gave);
    keep(place(rater), JSON.stringify(answers));
    count();
  };
  const fill = (item) => {
    form(item).reset();
    for (const [name, value] of Object.entries(given(item))) {
      const field = form(item).elements.namedItem(name);
      if (field) field.value = value;
    }
    find("[data-question=turn]", item).hidden = !needsTurn(item);
    lift(item, always.checked);
  };

  const count = () => {
    const done = items.filter(isComplete).length;
    find("[data-progress]").value = done;
    find("[data-count]").textContent = `${done} of ${items.length} complete`;
    return done;
  };
  const show = (index) => {
    current = Math.max(0, Math.min(items.length - 1, index));
    items.forEach((item, n) => { item.hidden = n !== current; });
    find("[data-place]").textContent = `${current + 1} of ${items.length}`;
    find("[data-back]").disabled = current === 0;
    find("[data-next]").disabled = current === items.length - 1;
    tell("");
    scrollTo(0, 0);
    find("h2", items[current]).focus({ preventScroll: true });
    ask(items[current]);
  };
  const showOpen = () => {
    const order = [...items.keys()].map((n) => (current + 1 + n) % items.length);
    const open = order.find((n) => !isComplete(items[n]));
    if (open === undefined) tell("All conversations are complete: export your answers.");
    else show(open);
  };

  const pick = (item, digit) => {
    const question = find("[data-question].now", item);
    if (item.classList.contains("veiled")) return tell("Show the replies first (space).");
    if (!question) return tell("Every question is answered: j for the next conversation, u to change.");
    const choices = all("input[type=radio], option[value]:not([value=''])", question);
    const choice = choices[digit - 1];
    if (!choice) return undefined;
    if (choice.tagName === "OPTION") choice.selected = true;
    else choice.checked = true;
    read(item);
    return askOn(item);
  };
  const undo = (item) => {
    const order = questions(item);
    const now = order.indexOf(find("[data-question].now", item));
    mark(item, order[(now < 0 ? order.length : Math.max(now, 1)) - 1]);
  };

  // --- the labels, as files

  const rows = () =>
    items
      .filter((item) => Object.keys(given(item)).length)
      .map((item) => ({ audit, id: id(item), rater, ...given(item) }));
  // What begins like a formula is one in a spreadsheet, unless an apostrophe stands before it.
  const cell = (value) => {
    const text = String(value ?? "");
    return `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
  };
  const csv = () =>
    `\ufeff${[columns, ...rows().map((row) => columns.map((name) => row[name]))]
      .map((row) => row.map(cell).join(","))
      .join("\r\n")}\r\n`;
  const jsonl = () => rows().map((row) => `${JSON.stringify(row)}\n`).join("");
  const save = (kind) => {
    const text = kind === "csv" ? csv() : jsonl();
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
    link.download = `labels-${rater}.${kind}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    const open = items.length - count();
    tell(`${link.download} is saved${open ? `; ${open} conversations are not complete yet` : ""}.`);
  };

  // --- beginning, and what people do

  const begin = (event) => {
    event.preventDefault();
    rater = find("[data-rater]").value.trim();
    try {
      answers = JSON.parse(kept(place(rater)) ?? "{}");
    } catch {
      answers = {};
    }
    keep(`convsim/${audit}`, rater);
    find("[data-begin]").hidden = true;
    find("[data-work]").hidden = false;
    find("[data-who]").textContent = rater;
    for (const item of items) fill(item);
    count();
    const open = items.findIndex((item) => !isComplete(item));
    show(open < 0 ? 0 : open);
  };
  const leave = () => {
    find("[data-work]").hidden = true;
    find("[data-begin]").hidden = false;
    find("[data-rater]").focus();
  };
  const onKey = (event) => {
    const { key, target } = event;
    if (find("[data-work]").hidden || event.ctrlKey || event.metaKey || event.altKey) return;
    if (key === "Escape") target.blur();
    if (target.closest("textarea, select, input[type=text]")) return;
    const item = items[current];
    const arrow = key.startsWith("Arrow") && !target.matches("input");
    const pressed = target.closest("button, summary, input[type=checkbox]");
    if (key === "j" || (arrow && key === "ArrowRight")) show(current + 1);
    else if (key === "k" || (arrow && key === "ArrowLeft")) show(current - 1);
    else if (key === "n") showOpen();
    else if (key === "u") undo(item);
    else if (key === " " && !pressed && item.classList.contains("veiled")) lift(item, true);
    else if (/^[1-9]$/.test(key)) pick(item, Number(key));
    else return;
    event.preventDefault();
  };

  find("[data-begin]").addEventListener("submit", begin);
  find("[data-rater]").value = kept(`convsim/${audit}`) ?? "";
  find("[data-change]").addEventListener("click", leave);
  find("[data-back]").addEventListener("click", () => show(current - 1));
  find("[data-next]").addEventListener("click", () => show(current + 1));
  for (const button of all("[data-open]")) button.addEventListener("click", showOpen);
  for (const button of all("[data-save]")) {
    button.addEventListener("click", () => save(button.dataset.save));
  }
  always.addEventListener("change", () => lift(items[current], always.checked));
  for (const item of items) {
    form(item).addEventListener("input", (event) => {
      read(item);
      if (event.target.name !== "note") askOn(item);
    });
    form(item).addEventListener("submit", (event) => event.preventDefault());
    find("[data-lift]", item).addEventListener("click", () => lift(item, true));
  }
  addEventListener("keydown", onKey);
  find("[data-begin]").hidden = false;
})();
