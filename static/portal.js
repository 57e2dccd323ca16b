// What asks again and again (data-while-visible) rests while its tab is hidden.
document.addEventListener("htmx:before:request", (event) => {
  const source = event.detail.ctx?.sourceElement;
  if (document.hidden && source?.hasAttribute?.("data-while-visible")) event.preventDefault();
});

// Another language: the form in which one typed last is posted to its page, which comes back with what was typed.
let typedIn = null;
document.addEventListener("input", (event) => {
  if (event.target.form?.elements.csrf_token) typedIn = event.target.form;
});
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("button[data-language]");
  const form = typedIn?.isConnected ? typedIn : button?.form;
  if (!button || !form) return;
  event.preventDefault();
  for (const [name, value] of [["lang", button.value], ["typed_in", [...document.forms].indexOf(form)]]) {
    const field = Object.assign(document.createElement("input"), { type: "hidden", name, value });
    form.append(field);
  }
  form.setAttribute("action", button.formAction);
  form.setAttribute("method", "post");
  form.setAttribute("enctype", "application/x-www-form-urlencoded");
  HTMLFormElement.prototype.submit.call(form); // not requestSubmit: htmx would take it for the form's own
});
