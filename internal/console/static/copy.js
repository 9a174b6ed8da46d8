// Copy buttons. A button with data-copy="ID" copies the text of that element.

const shownFor = 1600;

export function copyButtons(root) {
  for (const button of root.querySelectorAll("button[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const source = document.getElementById(button.dataset.copy);
      confirm(button, copyText(source.dataset.plain ?? source.textContent));
    });
  }
}

export async function copyText(text) {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  // Pages that are not on localhost and not on https have no clipboard object.
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "unseen";
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (!done) throw new Error("copying is not allowed");
}

// confirm says on the button whether copying worked, for a moment.
export async function confirm(button, copying) {
  const label = button.firstChild;
  button.dataset.label ??= label.data;
  try {
    await copying;
    label.data = "Copied";
  } catch {
    label.data = "Select and copy";
  }
  clearTimeout(button.timer);
  button.timer = setTimeout(() => (label.data = button.dataset.label), shownFor);
}
