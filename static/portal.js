// What asks again and again (data-while-visible) rests while its tab is hidden.
document.addEventListener("htmx:before:request", (event) => {
  const source = event.detail.ctx?.sourceElement;
  if (document.hidden && source?.hasAttribute?.("data-while-visible")) event.preventDefault();
});
