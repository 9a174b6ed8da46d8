// Turns a list of titled sections into tabs, as the ARIA authoring practices describe
// them. Without this script all sections show one below the other.

export function tabs(container) {
  const panels = [...container.querySelectorAll(":scope > section")];
  const list = document.createElement("div");
  list.className = "tablist";
  list.setAttribute("role", "tablist");
  list.setAttribute("aria-label", container.dataset.tabs || "Clients");
  const buttons = panels.map((panel) => {
    const heading = panel.querySelector("h3");
    const button = document.createElement("button");
    button.type = "button";
    button.id = `${panel.id}-button`;
    button.textContent = heading.textContent;
    button.setAttribute("role", "tab");
    button.setAttribute("aria-controls", panel.id);
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", button.id);
    heading.remove();
    list.append(button);
    return button;
  });

  function select(chosen, focus) {
    for (const [i, button] of buttons.entries()) {
      button.setAttribute("aria-selected", String(i === chosen));
      button.tabIndex = i === chosen ? 0 : -1;
      panels[i].hidden = i !== chosen;
    }
    if (focus) buttons[chosen].focus();
  }

  const steps = { ArrowRight: 1, ArrowLeft: -1 };
  list.addEventListener("click", (event) => {
    const i = buttons.indexOf(event.target);
    if (i >= 0) select(i, false);
  });
  list.addEventListener("keydown", (event) => {
    const last = buttons.length - 1;
    const now = buttons.indexOf(event.target);
    let next = now + (steps[event.key] ?? 0);
    if (event.key === "Home") next = 0;
    if (event.key === "End") next = last;
    if (next === now) return;
    event.preventDefault();
    select((next + buttons.length) % buttons.length, true);
  });
  container.prepend(list);
  select(0, false);
}
