// Explorers without a kernel. Each has its frames as JSON: its controls choose one, and picture, words and numbers change together.
for (const live of document.querySelectorAll(".rpn-live:has(script)")) {
  const { folder, words, frames } = JSON.parse(live.querySelector("script").text)
  const [image, readout, formula, preset] = ["img", ".rpn-readout", ".rpn-formula", ".rpn-preset"].map(one => live.querySelector(one))
  const controls = [...live.querySelectorAll(".rpn-stop")]
  const show = ([picture, alt, said, symbols, dim]) => {
    Object.assign(image, { src: folder + picture, alt, className: dim ? "rpn-picture rpn-dim" : "rpn-picture" })
    readout.textContent = said
    formula.innerHTML = symbols
  }
  const say = word => controls.forEach((control, i) => {
    if (control.type !== "range") return
    control.nextElementSibling.value = word ?? words[i][control.value]
    control.setAttribute("aria-valuetext", word ?? words[i][control.value])
  })
  const moved = () => {
    say()
    if (preset) preset.value = ""
    show(frames[controls.reduce((at, control, i) => at * words[i].length + Number(control.value), 0)])
  }
  controls.forEach(control => control.addEventListener("input", moved))
  preset?.addEventListener("input", () => preset.value ? (say("as the preset has it"), show(frames[preset.value])) : moved())
  live.addEventListener("focusin", () => frames.forEach(([picture]) => { new Image().src = folder + picture }), { once: true })
  live.querySelector(".rpn-controls").hidden = false
}
// A formula wider than its column scrolls: then the keyboard reaches it, too.
const wide = new ResizeObserver(sized => sized.forEach(({ target }) => { target.tabIndex = target.scrollWidth > target.clientWidth ? 0 : -1 }))
addEventListener("load", () => window.MathJax?.startup?.promise.then(() => {
  document.querySelectorAll("mjx-container[display]").forEach(one => wide.observe(one))
}))
