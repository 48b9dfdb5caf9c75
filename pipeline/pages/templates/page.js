// What a page can do beyond being read: sort tables, filter findings, look up the cells of a value, unfold what is asked for.
// It needs nothing from outside, and what it adds is made of text alone.
"use strict"
{
const first = (selector, within = document) => within.querySelector(selector)
const all = (selector, within = document) => [...within.querySelectorAll(selector)]
const make = (name, attributes = {}, ...inside) => {
  const made = document.createElement(name)
  for (const key in attributes) made.setAttribute(key, attributes[key])
  made.append(...inside)
  return made
}
const narrow = (those, { value }, also = () => true) => { // to those with all words of a search
  const words = value.toLowerCase().split(/\s+/)
  for (const one of those) {
    const text = one.textContent.toLowerCase()
    one.hidden = !also(one) || !words.every(word => text.includes(word))
  }
  return those.filter(one => !one.hidden)
}
const told = make("p", { class: "unseen", role: "status" })
first("main").append(told)

// Numbers are written as data-thousands and data-decimal say, of the table or of what it stands in.
const plain = { thousands: ",", decimal: "." }
const style = element => element.closest("[data-decimal]")?.dataset ?? plain
const write = (number, { thousands }) => String(number).replace("-", "−").replace(/\B(?=(\d{3})+$)/g, () => thousands)
const read = (text, { thousands, decimal }) => {
  const bare = text.split(thousands).join("").replace(decimal, ".").replace("−", "-").replace(/[\s+%]/g, "")
  return /^-?\d+(\.\d+)?$/.test(bare) ? Number(bare) : NaN
}

// ----- table.sortable: a button in each heading. data-value of a cell stands for its text; what is empty comes last.
const said = cell => cell.dataset.value ?? cell.textContent.trim().replace(/^–$/, "")
const sort = (table, column, way) => {
  const rows = [...table.tBodies[0].rows].map(row => {
    const cell = row.cells[column], text = said(cell)
    return { row, text, number: text && read(text, "value" in cell.dataset ? plain : style(cell)) }
  })
  const texts = rows.some(({ number }) => Number.isNaN(number))
  const compare = (a, b) => texts ? a.text.localeCompare(b.text, undefined, { numeric: true }) : a.number - b.number
  rows.sort((a, b) => !a.text - !b.text || way * compare(a, b))
  table.tBodies[0].append(...rows.map(({ row }) => row))
}
const unsorted = table => all("[aria-sort]", table).forEach(head => head.removeAttribute("aria-sort"))
for (const table of all("table.sortable")) all("thead th", table).forEach((head, column) => {
  const name = head.textContent, button = make("button", { type: "button" }, ...head.childNodes)
  head.append(button)
  button.onclick = () => {
    const order = head.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending"
    unsorted(table)
    head.setAttribute("aria-sort", order)
    sort(table, column, order === "ascending" ? 1 : -1)
    told.textContent = `Sorted by ${name}, ${order}.`
  }
})

// ----- #filter: which of the sections with data-rule and data-severity are seen.
const filter = first("#filter"), rules = all("[data-rule][data-severity]")
let unfilter
if (filter && rules.length > 1) {
  const severities = [...new Set(rules.map(rule => rule.dataset.severity))]
  const boxes = severities.map(value => make("input", { type: "checkbox", value, checked: "" }))
  const search = make("input", { type: "search" }), count = make("p", { role: "status" })
  filter.oninput = () => {
    const wanted = boxes.filter(box => box.checked).map(box => box.value)
    const seen = narrow(rules, search, rule => wanted.includes(rule.dataset.severity)).length
    count.textContent = `${seen} of ${rules.length} rules shown`
    filter.classList.toggle("chosen", seen < rules.length)
  }
  unfilter = () => {
    for (const box of boxes) box.checked = true
    search.value = ""
    filter.oninput()
  }
  const labels = boxes.map(box => make("label", {}, box, box.value))
  filter.append(make("fieldset", {}, make("legend", {}, "Show"), ...labels), make("label", {}, "Find", search), count)
  filter.hidden = false
  filter.oninput()
}

// ----- #look-up: the cells of a value, out of #cells (pages/lookup.py says how they stand there).
// #look-up=INDICATOR/AGGREGATE/MONTH asks for one; a link with data-look-up gets that address.
const place = first("#look-up")
let lookUp
if (place) {
  const data = JSON.parse(first("#cells").textContent), selects = all("select", place)
  const [form, found, title, answer, cells, table, search, part, command, code] = ["form", "#looked-up", "h4",
    "[role=status]", ".cells", "table", "[type=search]", "output", ".command", ".command code"].map(one => first(one, place))
  const digits = number => write(number, style(place))
  const counted = number => `${digits(number)} cell${number === 1 ? "" : "s"}`
  const sum = rows => rows.reduce((sum, row) => sum + Number(said(row.lastChild)), 0)

  const rowsOf = (lines, to, at) => lines.flatMap(([area, kind, activity, use, file, head, step, start, values]) => {
    const factor = data.uses[use].find(([other]) => other === to)?.[1], begin = data.heads[head][at]
    if (!factor || begin === null) return []
    const more = data.steps[step][at], value = values[at]
    const where = data.files[file] + begin + (more === null ? "" : start + more)
    const number = (value, text = digits(value)) => make("td", { class: "number", "data-value": value }, text)
    return make("tr", {}, make("th", { scope: "row", class: "said" }, activity),
      ...[area, kind, where].map(text => make("td", { class: "said" }, text)),
      value === null ? number("", "no number") : number(value),
      number(factor, (factor > 0 ? "+" : "") + digits(factor)), number(factor * value))
  })
  const sentence = (value, status, rows) => {
    if (value === "") return "The delivery has no such value."
    const known = typeof value === "number", total = sum(rows)
    const begin = known ? `Value ${digits(value)}, status ${data.statuses[status] ?? "none"}.` : `No value: ${value}.`
    const agree = !known ? "" : total === value ? ": they agree" : ": they do not agree"
    return `${begin} ${counted(rows.length)} ${rows.length === 1 ? "adds" : "add"} up to ${digits(total)}${agree}.`
  }
  const show = asked => {
    const [indicator, aggregate, month] = asked, at = data.months.indexOf(month)
    const { values = [], lines = [] } = data.indicators[indicator] ?? {}, to = data.aggregates.indexOf(aggregate)
    const [key, numbers, codes] = values[to] ?? ["", [], []], rows = at < 0 ? [] : rowsOf(lines, to, at)
    rows.sort((a, b) => Math.abs(sum([b])) - Math.abs(sum([a])))
    selects.forEach((select, at) => select.value = asked[at])
    title.textContent = selects.map((select, at) => select.selectedOptions[0]?.text ?? asked[at]).join(", ")
    answer.textContent = key && at < 0 ? "This page does not hold the cells of this month."
      : sentence(numbers[at] ?? "", codes[at], rows)
    unsorted(table)
    table.tBodies[0].replaceChildren(...rows)
    search.value = part.textContent = ""
    code.textContent = `${place.dataset.command} ${key}:${month}`
    title.hidden = false
    cells.hidden = !rows.length
    command.hidden = !key
    place.classList.add("filled")
  }
  form.onchange = () => show(selects.map(select => select.value))
  form.onsubmit = event => {
    event.preventDefault()
    form.onchange()
  }
  search.oninput = () => {
    const rows = [...table.tBodies[0].rows], seen = narrow(rows, search)
    part.textContent = seen.length === rows.length ? ""
      : `${digits(seen.length)} of ${counted(rows.length)} shown: ${digits(sum(seen))}`
  }
  lookUp = asked => {
    show(asked)
    found.focus()
  }
  for (const link of all("a[data-look-up]")) link.hash = `look-up=${link.dataset.lookUp}`
  place.hidden = false
}

// ----- What an address names is seen: folded or filtered away, it comes back. On paper everything is unfolded.
const unescaped = part => new URLSearchParams(`=${part}`).get("") // a slash inside an id is escaped, one between two is not
const reveal = () => {
  const asked = location.hash.match(/\blook-up=([^&]*)/)?.[1].split("/").map(unescaped)
  if (lookUp && asked?.length === 3) return lookUp(asked)
  const target = first(":target")
  if (!target?.closest("[hidden], details:not([open])")) return
  if (target.closest("[hidden]")) unfilter?.()
  for (let one = target; one; one = one.parentElement) if (one.localName === "details") one.open = true
  target.scrollIntoView()
}
if (location.hash) reveal()
addEventListener("hashchange", reveal)
document.onclick = ({ target }) => { // a link to where one is already
  if (target.closest("a")?.hash === (location.hash || 0)) setTimeout(reveal)
}
let folded = []
addEventListener("beforeprint", () => {
  folded = all("details:not([open])")
  for (const one of folded) one.open = true
})
addEventListener("afterprint", () => {
  for (const one of folded) one.open = false
})
}
