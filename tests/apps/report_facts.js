// What a browser knows of a report once it is there, as JSON in an element
// "facts". `</` and entities would be read as HTML by whoever reads the result.
const blocked = [];
document.addEventListener("securitypolicyviolation",
                          event => blocked.push(event.blockedURI));
addEventListener("load", () => {
  const all = selector => [...document.querySelectorAll(selector)];
  const inside = (box, view) =>
      box.x >= 0 && box.y >= 0 && box.x + box.width <= view.width &&
      box.y + box.height <= view.height;
  const facts = {
    images: all("img").length,
    broken: all("img").filter(image => !image.complete || !image.naturalWidth)
        .map(image => image.alt),
    unnamed: all("img").filter(image => !image.alt).length,
    charts: all("svg").map(svg => ({
      title: svg.getAttribute("aria-label"),
      lengths: all(`svg[aria-label="${svg.getAttribute("aria-label")}"] .curve`)
          .map(path => path.getTotalLength()),
      inside: [...svg.querySelectorAll("path, text, circle, rect")].every(
          part => inside(part.getBBox(), svg.viewBox.baseVal)),
      colours: [...new Set([...svg.querySelectorAll(".curve")].map(
          path => getComputedStyle(path).stroke))],
    })),
    wider: document.documentElement.scrollWidth - innerWidth,
    background: getComputedStyle(document.body).backgroundColor,
    elements: [...new Set(all("*").map(element => element.localName))],
    cells: all("td[data-epoch]").map(cell => Number(cell.dataset.epoch)),
    asked: performance.getEntriesByType("resource").map(entry => entry.name)
        .filter(name => !name.startsWith("data:")),
    blocked,
    headings: all("h2").map(heading => heading.innerText),
    text: document.body.innerText,
  };
  const element = document.createElement("pre");
  element.id = "facts";
  element.textContent = JSON.stringify(facts).replace(
      /[<>&]/g, sign => "\\u00" + sign.charCodeAt(0).toString(16));
  document.body.append(element);
});
