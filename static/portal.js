// What asks again and again (data-while-visible) rests while its tab is hidden.
document.addEventListener("htmx:before:request", (event) => {
  const source = event.detail.ctx?.sourceElement;
  if (document.hidden && source?.hasAttribute?.("data-while-visible")) event.preventDefault();
});

// The second click of a double click is for the button that the first one pressed, never for one that a swap or another page
// has put in its place: nobody means to approve the next request with it.
let pressed = { button: null, at: -Infinity, x: 0, y: 0 };
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("button") ?? null;
  const { clientX: x, clientY: y, timeStamp: at } = event;
  const near = event.detail > 0 && at - pressed.at < 400 && Math.hypot(x - pressed.x, y - pressed.y) < 10;
  if (button && button !== pressed.button && (event.detail > 1 || near)) {
    event.preventDefault();
    event.stopImmediatePropagation();
  } else pressed = { button, at, x, y };
}, true);

// Tables that become cards on a phone lose their meaning in some browsers: what they are is said beside what they look like.
// The elements say it already, so the pages themselves must not.
const ROLES = { table: "table", thead: "rowgroup", tbody: "rowgroup", tr: "row", td: "cell" };
const sayRoles = () => {
  for (const part of document.querySelectorAll(".stack:not([role]), .stack :is(thead, tbody, tr, th, td):not([role])")) {
    const heads = part.scope?.startsWith("row") ? "rowheader" : "columnheader";
    part.setAttribute("role", ROLES[part.localName] ?? heads);
  }
};
sayRoles();
document.addEventListener("htmx:after:swap", sayRoles);

// A line that arrives together with its words is not read out by every screen reader: it stands empty for a moment first.
const heard = new WeakSet(document.querySelectorAll("[role=status]"));
document.addEventListener("htmx:after:swap", () => {
  for (const line of document.querySelectorAll(":is(.live, .vh)[role=status]")) {
    if (heard.has(line)) continue;
    heard.add(line);
    if (line.matches("[autofocus]") || line.contains(document.activeElement)) continue;
    const words = [...line.childNodes];
    line.replaceChildren();
    setTimeout(() => line.replaceChildren(...words), 100);
  }
});

// Another language: the form in which one typed last is posted to its page, which comes back with what was typed.
let typedIn = null;
document.addEventListener("input", (event) => {
  if (event.target.form) typedIn = event.target.form;
});
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("button[data-language]");
  const form = typedIn?.isConnected ? typedIn : button?.form;
  if (!button || !form) return;
  event.preventDefault();
  const added = [["lang", button.value], ["typed_in", [...document.forms].indexOf(form)]];
  if (!form.elements.csrf_token) added.push(["csrf_token", button.form.elements.csrf_token.value]);
  for (const [name, value] of added) {
    const field = Object.assign(document.createElement("input"), { type: "hidden", name, value });
    form.append(field);
  }
  form.setAttribute("action", button.formAction);
  form.setAttribute("method", "post");
  form.setAttribute("enctype", "application/x-www-form-urlencoded");
  HTMLFormElement.prototype.submit.call(form); // not requestSubmit: htmx would take it for the form's own
});
