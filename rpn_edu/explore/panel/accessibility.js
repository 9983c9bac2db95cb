const named = root => root.querySelectorAll('.widget-slider').forEach(slider => {
  const label = slider.querySelector('.widget-label'), readout = slider.querySelector('.widget-readout');
  slider.querySelectorAll('[role=slider]').forEach(handle => {
    if (label) handle.setAttribute('aria-label', label.textContent);
    if (readout) handle.setAttribute('aria-valuetext', readout.textContent);  // else a slider over stops says their number
    handle.setAttribute('data-lm-suppress-shortcuts', 'true');  // else arrows are Notebook 7's: they leave the cell
  });
});
// The buttons that let a slider run show pictures alone: here they get words, with the name of the slider beside them.
const players = root => root.querySelectorAll('.widget-play').forEach(player => {
  const label = player.parentElement.querySelector('.widget-slider .widget-label');
  [...player.querySelectorAll('button')].forEach((button, number) => {
    const does = number ? 'back to the start' : button.querySelector('.fa-pause') ? 'pause' : 'play';
    const words = `${does}: ${label ? label.textContent : ''}`;
    if (button.title !== words) { button.title = words; button.setAttribute('aria-label', words); }
    button.setAttribute('data-lm-suppress-shortcuts', 'true');  // else Enter is JupyterLab's: edit this cell
  });
});
const groups = root => root.querySelectorAll('.widget-radio').forEach(group => {
  if (group.getAttribute('role')) return;
  group.setAttribute('role', 'radiogroup');
  group.setAttribute('aria-label', group.querySelector('.widget-label').textContent);
});
const folds = root => root.querySelectorAll('.jupyter-widget-Collapse-header').forEach(header => {
  const open = String(header.parentElement.classList.contains('jupyter-widget-Collapse-open'));
  if (header.getAttribute('aria-expanded') !== open) header.setAttribute('aria-expanded', open);
  if (header.getAttribute('role')) return;
  header.setAttribute('role', 'button');
  header.setAttribute('data-lm-suppress-shortcuts', 'true');  // else Enter is JupyterLab's: edit this cell
  header.tabIndex = 0;
  header.addEventListener('keydown', event => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    event.stopPropagation();
    header.click();
  });
});
// In a menu, arrows and first letters are the reader's, not JupyterLab's: there they leave the cell, or make a raw one of it.
const menus = root => root.querySelectorAll('select, [type=radio]').forEach(one => one.setAttribute('data-lm-suppress-shortcuts', 'true'));
// The button above a code copies it. A page without https may not: then the code is selected, for the reader's own keys.
const copies = root => root.querySelectorAll('.rpn-copy button').forEach(button => {
  if (button.onclick) return;
  button.setAttribute('data-lm-suppress-shortcuts', 'true');  // else Enter is JupyterLab's: edit this cell
  button.onclick = async () => {
    const code = button.parentElement.nextElementSibling, say = button.parentElement.querySelector('[role=status]');
    say.textContent = '';  // said again, it is heard again
    try {
      await navigator.clipboard.writeText(code.textContent);
      say.textContent = 'Copied.';
    } catch {
      getSelection().selectAllChildren(code);
      say.textContent = 'Selected: now press Ctrl + C, or ⌘ C on a Mac.';
    }
  };
});
export default { render({ el }) {
  requestAnimationFrame(() => {
    const root = el.closest('.jp-OutputArea-output') || el.closest('.widget-box') || document.body;
    const all = () => { named(root); players(root); groups(root); folds(root); menus(root); copies(root); };
    all();
    const seen = { childList: true, subtree: true, characterData: true, attributes: true, attributeFilter: ['class'] };
    new MutationObserver(all).observe(root, seen);
  });
} };
