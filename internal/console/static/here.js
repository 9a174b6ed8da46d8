// The server may be reached under another name than it was started with. What is to be pasted
// says the one that works here.
export function useOwnAddress() {
  const said = document.body.dataset.url;
  if (!said || said === location.origin) return;
  for (const element of document.querySelectorAll("[data-here]")) {
    element.textContent = element.textContent.replaceAll(said, location.origin);
  }
}
