// Formula, picture and readout of an explorer. One <img> stays for ever: what changes is its bytes, so that nothing blinks or jumps.
const STEP = 20;  // pixels: while a window is dragged, a picture is laid out anew for every so many

export default { render({ model, el }) {
  el.classList.add('rpn-surface');
  const part = (name, kind = 'div', inside = el) => {
    const made = inside.appendChild(document.createElement(kind));
    made.className = `rpn-${name}`;
    return made;
  };
  const top = part('top'), above = part('above', 'div', top), large = part('large', 'button', top);
  const stage = part('stage'), picture = part('picture', 'img', stage), below = part('below');

  const show = () => {
    above.innerHTML = model.get('above');
    below.innerHTML = model.get('below');
    const bytes = model.get('picture');
    stage.hidden = !bytes.byteLength;
    if (stage.hidden) return;
    let letters = '';
    for (const byte of new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)) letters += String.fromCharCode(byte);
    const [wide, high] = model.get('size');
    Object.assign(picture, { width: wide, height: high, alt: model.get('alt') });
    picture.style.setProperty('--rpn-ratio', wide / high);
    picture.style.opacity = model.get('dim') ? .35 : 1;
    picture.src = `data:image/png;base64,${btoa(letters)}`;  // it can be saved and copied like any other
  };
  model.on('change:answered', show);  // every answer counts itself, and then all of it has come
  show();

  // How wide a picture may be here, and how sharp: the screen may hold two or three pixels where CSS counts one.
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
  watch.observe(el);
  watch.observe(picture);
  addEventListener('resize', look);

  // For a projector: the explorer alone on the whole screen, and its sliders with it.
  const whole = () => document.fullscreenElement?.contains(el);
  const named = () => { large.textContent = whole() ? 'Small' : 'Large'; };
  large.type = 'button';
  large.title = 'show this explorer on the whole screen, and back';
  large.onclick = () => whole() ? document.exitFullscreen()
    : el.closest('.rpn-explorer').requestFullscreen().catch(() => { large.textContent = 'This page cannot fill the screen'; });
  document.addEventListener('fullscreenchange', named);
  named();

  return () => {
    watch.disconnect();
    removeEventListener('resize', look);
    document.removeEventListener('fullscreenchange', named);
  };
} };
