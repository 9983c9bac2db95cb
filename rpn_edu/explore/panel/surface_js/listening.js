// A kernel that has ended cannot say so. The front end may know it (a promise of none: hence the ?.); else a hand that moves asks.
const PATIENCE = 4000;  // milliseconds: an idle kernel that has not answered by then does not know this explorer
const GONE = 'No kernel listens any more: what you move here changes nothing. Run this cell again.';
const MOVED = ['pointerup', 'keyup'];

const listening = (model, el, line) => {
  const gone = is => { line.textContent = is ? GONE : ''; };
  const kernel = model.widget_manager?.kernel;
  const status = () => { if (kernel.isDisposed || /restarting|dead|unknown|terminating/.test(kernel.status)) gone(true); };
  kernel?.statusChanged?.connect(status);
  kernel?.disposed?.connect(status);

  let waits = 0;
  const ask = event => {
    if (waits || !el.closest('.rpn-explorer')?.contains(event.target)) return;
    waits = setTimeout(() => { waits = 0; if (kernel?.status !== 'busy') gone(true); }, PATIENCE);
    model.set('asked', performance.now());
    model.save_changes();
  };
  model.on('change:heard', () => { clearTimeout(waits); waits = 0; gone(false); });
  for (const moved of MOVED) addEventListener(moved, ask, true);

  return () => {
    clearTimeout(waits);
    for (const moved of MOVED) removeEventListener(moved, ask, true);
    kernel?.statusChanged?.disconnect(status);
    kernel?.disposed?.disconnect(status);
  };
};
