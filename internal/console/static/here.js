// The path at which a proxy in front puts this server, without a slash at the end; empty for most.
const base = new URL("..", import.meta.url).pathname.replace(/\/$/, "");

// served is where the browser finds a path of this server.
export const served = (path) => base + path;

// The server may be reached under another name than it was started with. What is to be pasted
// says the one that works here.
export function useOwnAddress() {
  const said = document.body.dataset.url;
  const own = location.origin + base;
  if (!said || said === own) return;
  for (const element of document.querySelectorAll("[data-here]")) {
    element.textContent = element.textContent.replaceAll(said, own);
  }
}
