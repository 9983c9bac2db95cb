// Formula, picture and readout of an explorer. One <img> stays for ever: what changes is its bytes, so that nothing blinks or jumps.
const STEP = 20;  // pixels: while a window is dragged, a picture is laid out anew for every so many

// How wide a picture may be here, and how sharp: the screen may hold two or three pixels where CSS counts one.
const watching = (model, el, picture) => {
  const look = () => {
    const room = el.clientWidth, natural = model.get('natural');
    if (!room) return;
    const wide = room < natural ? Math.max(STEP, STEP * Math.floor(room / STEP)) : natural;
    const pixels = (picture.clientWidth || wide) * devicePixelRatio / model.get('size')[0];
    const view = [wide, Math.min(3, Math.max(1, Math.ceil(pixels - .05)))];
    if (String(view) === String(model.get('view'))) return;
    model.set('view', view);
    model.save_changes();
  };
  const watch = new ResizeObserver(look);
  for (const one of [el, picture]) watch.observe(one);
  addEventListener('resize', look);
  return () => { watch.disconnect(); removeEventListener('resize', look); };
};

// For a projector: the explorer alone on the whole screen, and its sliders with it.
const enlarging = (el, button) => {
  const whole = () => document.fullscreenElement?.contains(el);
  const named = () => { button.textContent = whole() ? 'Small' : 'Large'; };
  button.type = 'button';
  button.title = 'show this explorer on the whole screen, and back';
  button.onclick = () => whole() ? document.exitFullscreen()
    : el.closest('.rpn-explorer').requestFullscreen().catch(() => { button.textContent = 'This page cannot fill the screen'; });
  document.addEventListener('fullscreenchange', named);
  named();
  return () => document.removeEventListener('fullscreenchange', named);
};

export default { render({ model, el }) {
  const part = (name, kind = 'div', inside = el) => {
    const made = inside.appendChild(document.createElement(kind));
    made.className = `rpn-${name}`;
    return made;
  };
  el.classList.add('rpn-surface');
  const top = part('top'), above = part('above', 'div', top), large = part('large', 'button', top);
  const stage = part('stage'), picture = part('picture', 'img', stage), tip = part('tip', 'div', stage);
  const below = part('below'), line = part('gone');
  line.setAttribute('role', 'status');
  tip.hidden = true;
  const spots = new Spots(model, stage, picture, tip);

  const show = () => {
    above.innerHTML = model.get('above');
    below.innerHTML = model.get('below');
    const bytes = model.get('picture'), [wide, high] = model.get('size');
    stage.hidden = !bytes.byteLength;
    if (stage.hidden) return;
    let letters = '';
    for (const byte of new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)) letters += String.fromCharCode(byte);
    Object.assign(picture, { width: wide, height: high, alt: model.get('alt') });
    picture.style.setProperty('--rpn-ratio', wide / high);
    picture.style.opacity = model.get('dim') ? .35 : 1;
    spots.update();
    picture.src = `data:image/png;base64,${btoa(letters)}`;  // it can be saved and copied like any other
  };
  model.on('change:answered', show);  // every answer counts itself, and then all of it has come
  show();
  const ends = [watching(model, el, picture), enlarging(el, large), listening(model, el, line)];
  return () => ends.forEach(end => end());
} };
