
"use strict";
const field = document.querySelector("input");
const entries = Array.from(document.querySelectorAll("nav li"));
const nothing = document.querySelector(".nothing");
const search = () => {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const entry of entries) {
    entry.hidden = !words.every(word => entry.dataset.words.includes(word));
  }
  for (const list of document.querySelectorAll("nav section")) {
    list.hidden = !list.querySelector("li:not([hidden])");
  }
  nothing.hidden = entries.some(entry => !entry.hidden);
};
field.addEventListener("input", search);
document.addEventListener("keydown", event => {
  if (event.key === "/" && document.activeElement !== field) {
    event.preventDefault();
    field.focus();
  } else if (event.key === "Escape") {
    field.value = "";
    search();
    field.blur();
  } else if (event.key === "Enter" && document.activeElement === field) {
    const first = entries.find(entry => !entry.hidden);
    if (first) { first.querySelector("a").click(); }
  }
});
search();
