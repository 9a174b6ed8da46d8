// A drawer at the foot of a page: its upper edge is drawn with the pointer or the arrow keys, and its
// height is kept for this browser.

const store = "parley-drawer";
const step = 24;
const least = 40; // its head

// drawer makes a panel's height one that separator changes. usual is its height, in pixels, until somebody does.
export function drawer(panel, separator, usual) {
  const most = () => Math.max(least, Math.round(innerHeight * 0.7));
  let height = usual;

  function set(to) {
    height = Math.min(Math.max(Math.round(to), least), most());
    panel.style.height = `${height}px`;
    panel.classList.toggle("shut", height === least);
    separator.setAttribute("aria-valuenow", String(height));
    separator.setAttribute("aria-valuemin", String(least));
    separator.setAttribute("aria-valuemax", String(most()));
  }
  function keep() {
    localStorage.setItem(store, String(height));
  }
  const turn = () => (height === least ? usual : least);

  separator.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    separator.focus({ preventScroll: true });
    separator.setPointerCapture(event.pointerId);
    const from = event.clientY + height;
    const move = ({ clientY }) => set(from - clientY);
    separator.addEventListener("pointermove", move);
    separator.addEventListener("lostpointercapture", () => {
      separator.removeEventListener("pointermove", move);
      keep();
    }, { once: true });
  });
  separator.addEventListener("dblclick", () => {
    set(turn());
    keep();
  });
  separator.addEventListener("keydown", (event) => {
    const to = { ArrowUp: height + step, ArrowDown: height - step, Home: least, End: most(), Enter: turn() }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    set(to);
    keep();
  });
  addEventListener("resize", () => set(height));
  set(Number(localStorage.getItem(store)) || usual);
}
